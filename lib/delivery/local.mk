# lib/delivery: what is built here and from what.
