# showq: what is built here and from what.
pkglibexec_PROGRAMS += showq/showq
showq_showq_SOURCES = showq/showq.c
dist_man_MANS += showq/showq.8
