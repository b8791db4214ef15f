# pop3d: POP3 sessions.
pkglibexec_PROGRAMS += pop3d/pop3d
pop3d_pop3d_SOURCES = pop3d/pop3d.c pop3d/session.c pop3d/session.h pop3d/command.c pop3d/transfer.c \
	pop3d/surrogate.c pop3d/uidl.c
dist_man_MANS += pop3d/pop3d.8

check_PROGRAMS += t/unit/pop3d_uidl_test
UNIT_TESTS += t/unit/pop3d_uidl_test
t_unit_pop3d_uidl_test_SOURCES = t/unit/pop3d_uidl_test.c pop3d/uidl.c
t_unit_pop3d_uidl_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/pop3d_command_fuzz
FUZZ_TARGETS += t/fuzz/pop3d_command_fuzz
t_fuzz_pop3d_command_fuzz_SOURCES = t/fuzz/pop3d_command_fuzz.c pop3d/command.c pop3d/session.c pop3d/transfer.c \
	pop3d/surrogate.c pop3d/uidl.c
t_fuzz_pop3d_command_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
