# qmgr: the queue manager. Its scheduler and its timer heap are units that know no sockets or files.
QMGR_UNITS = qmgr/due.c qmgr/due.h qmgr/feedback.c qmgr/feedback.h qmgr/filling.c qmgr/filling.h \
	qmgr/heap.c qmgr/heap.h qmgr/hungry.c qmgr/hungry.h qmgr/precedence.c qmgr/precedence.h \
	qmgr/reading.c qmgr/reading.h \
	qmgr/schedule.c qmgr/schedule.h qmgr/stoppage.c qmgr/stoppage.h \
	qmgr/verify.c qmgr/verify.h qmgr/window.c qmgr/window.h

pkglibexec_PROGRAMS += qmgr/qmgr
qmgr_qmgr_SOURCES = $(QMGR_UNITS) qmgr/qmgr.c qmgr/qmgr.h \
	qmgr/agent.c qmgr/agent.h \
	qmgr/client.c qmgr/client.h \
	qmgr/clog.c qmgr/clog.h \
	qmgr/fast_flush.c qmgr/fast_flush.h \
	qmgr/feed.c qmgr/feed.h \
	qmgr/findings.c qmgr/findings.h \
	qmgr/finish.c qmgr/finish.h \
	qmgr/jobs.c qmgr/jobs.h \
	qmgr/limits.c qmgr/limits.h \
	qmgr/message.c qmgr/message.h \
	qmgr/notify.c qmgr/notify.h \
	qmgr/outcome.c qmgr/outcome.h \
	qmgr/owed.c qmgr/owed.h \
	qmgr/pool.c qmgr/pool.h \
	qmgr/portions.c qmgr/portions.h \
	qmgr/succession.c qmgr/succession.h \
	qmgr/tables.c qmgr/tables.h \
	qmgr/verp.c qmgr/verp.h
qmgr_qmgr_LDADD = $(LIBBUZON) -lm
dist_man_MANS += qmgr/qmgr.8

check_PROGRAMS += t/unit/qmgr_schedule_test
UNIT_TESTS += t/unit/qmgr_schedule_test
t_unit_qmgr_schedule_test_SOURCES = t/unit/qmgr_schedule_test.c $(QMGR_UNITS)
t_unit_qmgr_schedule_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS) -lm

check_PROGRAMS += t/unit/qmgr_reading_test
UNIT_TESTS += t/unit/qmgr_reading_test
t_unit_qmgr_reading_test_SOURCES = t/unit/qmgr_reading_test.c $(QMGR_UNITS)
t_unit_qmgr_reading_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS) -lm

# An agent that does as the next hop says, for the system tests.
check_PROGRAMS += t/daemon/agent
t_daemon_agent_SOURCES = t/daemon/agent.c

check_PROGRAMS += t/unit/qmgr_due_test
UNIT_TESTS += t/unit/qmgr_due_test
t_unit_qmgr_due_test_SOURCES = t/unit/qmgr_due_test.c $(QMGR_UNITS)
t_unit_qmgr_due_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS) -lm
