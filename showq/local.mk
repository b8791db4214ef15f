# showq: what is built here and from what.
pkglibexec_PROGRAMS += showq/showq
showq_showq_SOURCES = showq/showq.c
