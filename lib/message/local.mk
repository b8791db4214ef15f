# lib/message: what is built here and from what.
