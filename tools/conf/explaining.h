/* What the parts of an explanation share (tools/conf/explain.h). */
#ifndef BUZON_TOOLS_CONF_EXPLAINING_H
#define BUZON_TOOLS_CONF_EXPLAINING_H

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
    struct maps *aliases, *copies;
    struct explanation text;
};

/* explain_unavailable - what a function could not say, for want of a table */
void explain_unavailable(struct explaining *explaining, const struct error *err);

/* explain_virtual, explain_local - what these agents do with an address: the mailbox and its owner, the
 * alias, or why it is returned */
void explain_virtual(struct explaining *explaining, const char *address);
void explain_local(struct explaining *explaining, const char *address);

#endif
