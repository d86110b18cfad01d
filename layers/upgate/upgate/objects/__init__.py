"""Objects in S3: their names, how they are written, what S3 says of them."""
