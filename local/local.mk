# local: delivery to UNIX accounts.
pkglibexec_PROGRAMS += local/local
local_local_SOURCES = local/local.c local/delivery.h local/recipient.c local/alias.c local/alias.h \
	local/expand.c local/forward.c local/target.c local/mailbox.c local/resend.c local/outcome.c
dist_man_MANS += local/local.8
