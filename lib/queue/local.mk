# lib/queue: what is built here and from what.
