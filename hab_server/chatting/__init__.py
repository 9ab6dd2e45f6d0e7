"""Chat on the server: a question stored, answered once, told as it goes, kept and found again."""
