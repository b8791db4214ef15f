# tools: what is built here and from what.
sbin_PROGRAMS += tools/buzon
tools_buzon_SOURCES = tools/buzon.c tools/check.c tools/check.h
