# smtp: the SMTP and LMTP client; one program under two names.
pkglibexec_PROGRAMS += smtp/smtp smtp/lmtp
dist_man_MANS += smtp/smtp.8 smtp/lmtp.8 smtp/generic.5
smtp_smtp_SOURCES = smtp/smtp.c smtp/delivery.c smtp/delivery.h smtp/mail.c smtp/command.c smtp/command.h smtp/content.c smtp/checks.c smtp/checks.h smtp/generic.c smtp/generic.h smtp/outgoing.c smtp/outgoing.h \
	smtp/wire.c smtp/wire.h smtp/downgrade.c smtp/downgrade.h smtp/session.c smtp/session.h \
	smtp/hello.c smtp/reply.c smtp/reply.h smtp/hosts.c smtp/hosts.h smtp/nexthop.c smtp/nexthop.h \
	smtp/settings.c smtp/settings.h smtp/failure.h
smtp_lmtp_SOURCES = $(smtp_smtp_SOURCES)

check_PROGRAMS += t/unit/smtp_reply_test t/unit/smtp_wire_test t/unit/smtp_downgrade_test \
	t/unit/smtp_hosts_test t/unit/smtp_command_test t/unit/smtp_generic_test
UNIT_TESTS += t/unit/smtp_reply_test t/unit/smtp_wire_test t/unit/smtp_downgrade_test \
	t/unit/smtp_hosts_test t/unit/smtp_command_test t/unit/smtp_generic_test
t_unit_smtp_generic_test_SOURCES = t/unit/smtp_generic_test.c smtp/generic.c smtp/generic.h smtp/outgoing.c smtp/outgoing.h smtp/failure.h
t_unit_smtp_generic_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_smtp_command_test_SOURCES = t/unit/smtp_command_test.c smtp/command.c smtp/command.h \
	smtp/settings.h
t_unit_smtp_command_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_smtp_hosts_test_SOURCES = t/unit/smtp_hosts_test.c smtp/hosts.c smtp/hosts.h smtp/nexthop.c \
	smtp/nexthop.h smtp/settings.c smtp/settings.h smtp/failure.h
t_unit_smtp_hosts_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_smtp_reply_test_SOURCES = t/unit/smtp_reply_test.c smtp/reply.c smtp/reply.h
t_unit_smtp_reply_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_smtp_wire_test_SOURCES = t/unit/smtp_wire_test.c smtp/wire.c smtp/wire.h
t_unit_smtp_wire_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_smtp_downgrade_test_SOURCES = t/unit/smtp_downgrade_test.c smtp/downgrade.c smtp/downgrade.h
t_unit_smtp_downgrade_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/smtp_reply_fuzz
FUZZ_TARGETS += t/fuzz/smtp_reply_fuzz
t_fuzz_smtp_reply_fuzz_SOURCES = t/fuzz/smtp_reply_fuzz.c smtp/reply.c smtp/reply.h
t_fuzz_smtp_reply_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
