# lib/base: what is built here and from what.
