"""Pages without anybody's data: start, help, intended use, and how to bring data."""
