# tools: what is built here and from what.
sbin_PROGRAMS += tools/buzon
tools_buzon_SOURCES = tools/buzon.c tools/check.c tools/check.h

sbin_PROGRAMS += tools/buzonqueue
tools_buzonqueue_SOURCES = tools/buzonqueue.c tools/caller.c tools/caller.h tools/queue_text.c \
	tools/queue_text.h

check_PROGRAMS += t/unit/tools_queue_text_test
UNIT_TESTS += t/unit/tools_queue_text_test
t_unit_tools_queue_text_test_SOURCES = t/unit/tools_queue_text_test.c tools/queue_text.c \
	tools/queue_text.h
t_unit_tools_queue_text_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
