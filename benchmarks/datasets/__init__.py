"""Reading, profiling and storing an uploaded CSV, beside pandas."""
