"""What it costs to make a prediction durable before it is answered."""
