# local: delivery to UNIX accounts.
pkglibexec_PROGRAMS += local/local
local_local_SOURCES = local/local.c local/delivery.h local/recipient.c local/alias.c local/alias.h \
	local/biff.c local/biff.h \
	local/expand.c local/include.c local/forward.c local/target.c local/mailbox.c local/resend.c local/outcome.c
dist_man_MANS += local/local.8 local/aliases.5

if FUZZERS
noinst_PROGRAMS += t/fuzz/alias_items_fuzz
FUZZ_TARGETS += t/fuzz/alias_items_fuzz
t_fuzz_alias_items_fuzz_SOURCES = t/fuzz/alias_items_fuzz.c
t_fuzz_alias_items_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
