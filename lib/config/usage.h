/*
 * Which names of a configuration are good for something: known parameters, and names of the user's
 * own that a value refers to.
 */
#ifndef BUZON_LIB_CONFIG_USAGE_H
#define BUZON_LIB_CONFIG_USAGE_H

#include "lib/config/master_cf.h"
#include "lib/config/source.h"

struct usage;

/*
 * usage_create - follow all references
 *
 * A user's own names are good for something when a $name refers to them, anywhere in main.cf or in an
 * -o of master.cf, when they are in smtpd_restriction_classes, when they are named for a service of
 * master.cf, or for a table of an old-style type:name (mysql:accounts and accounts_hosts).
 *
 *  source, master_cf  borrowed until usage_free; master_cf may be NULL
 */
struct usage *usage_create(struct config_source *source, const struct master_cf *master_cf)
    __attribute__((returns_nonnull));
void usage_free(struct usage **usage);

bool usage_has(const struct usage *usage, struct span name);

#endif
