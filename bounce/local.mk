# bounce: what is built here and from what.
pkglibexec_PROGRAMS += bounce/bounce
bounce_bounce_SOURCES = bounce/bounce.c \
	bounce/report.c bounce/report.h \
	bounce/rules.c bounce/rules.h
dist_man_MANS += bounce/bounce.8 bounce/bounce.5

check_PROGRAMS += t/unit/bounce_report_test
UNIT_TESTS += t/unit/bounce_report_test
t_unit_bounce_report_test_SOURCES = t/unit/bounce_report_test.c \
	bounce/report.c bounce/report.h bounce/rules.c bounce/rules.h
t_unit_bounce_report_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
