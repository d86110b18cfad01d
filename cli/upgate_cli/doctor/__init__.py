"""`upgate doctor`: a live stack examined from outside, one module per subject."""
