# qmgr: what is built here and from what.
check_PROGRAMS += t/unit/qmgr_schedule_test
UNIT_TESTS += t/unit/qmgr_schedule_test
t_unit_qmgr_schedule_test_SOURCES = t/unit/qmgr_schedule_test.c \
	qmgr/heap.c qmgr/heap.h qmgr/schedule.c qmgr/schedule.h qmgr/window.c qmgr/window.h
t_unit_qmgr_schedule_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS) -lm
