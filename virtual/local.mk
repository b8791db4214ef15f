# virtual: what is built here and from what.
