# auth: password checks.
pkglibexec_PROGRAMS += auth/auth
auth_auth_SOURCES = auth/auth.c auth/pam.c auth/pam.h auth/passdb.c auth/passdb.h auth/passwd_file.c \
	auth/passwd_file.h auth/peer.c auth/peer.h auth/ticket.c auth/ticket.h auth/worker.c auth/worker.h
auth_auth_LDADD = $(LIBBUZON) $(PAM_LIBS) $(CRYPT_LIBS)
dist_man_MANS += auth/auth.8

if FUZZERS
noinst_PROGRAMS += t/fuzz/passwd_file_fuzz
FUZZ_TARGETS += t/fuzz/passwd_file_fuzz
t_fuzz_passwd_file_fuzz_SOURCES = t/fuzz/passwd_file_fuzz.c auth/passwd_file.c
t_fuzz_passwd_file_fuzz_LDADD = $(LIBBUZON) $(CRYPT_LIBS)
t_fuzz_passwd_file_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
