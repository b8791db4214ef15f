# lib/io: what is built here and from what.
