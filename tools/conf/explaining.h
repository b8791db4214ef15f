/* What the parts of an explanation share (tools/conf/explain.h). */
#ifndef BUZON_TOOLS_CONF_EXPLAINING_H
#define BUZON_TOOLS_CONF_EXPLAINING_H

#include "lib/base/hash.h"
#include "lib/config/master_cf.h"
#include "lib/delivery/mailbox.h"
#include "lib/route/route.h"
#include "tools/conf/explanation.h"

struct explaining {
    const struct config *config;
    const struct master_cf *master_cf; /* NULL: it cannot be read */
    const char *sender;                /* internal form */
    struct arena *arena;
    struct route *route;
    struct mailbox_finder *finder;
    struct maps *aliases, *recipient_copies, *sender_copies, *smtp_generic, *lmtp_generic;
    struct hash
        *told; /* local addresses of this explanation: aliases may name each other in circles */
    struct explanation text;
};

/* explain_unavailable - what a function could not say, for want of a table */
void explain_unavailable(struct explaining *explaining, const struct error *err);

/* explain_resent - what cleanup and all behind it do with an address, as for one that came from outside */
void explain_resent(struct explaining *explaining, const char *address);

/* explain_virtual, explain_local, explain_smtp - what these agents do with an address: the mailbox and its
 * owner, the alias and all that it leads to, what it is when it leaves, or why it is returned */
void explain_virtual(struct explaining *explaining, const char *address);
void explain_local(struct explaining *explaining, const char *address);
void explain_smtp(struct explaining *explaining, const char *program, const char *recipient);

#endif
