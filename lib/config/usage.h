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
 * A user's own names are good for something when a $name refers to them, when they are in smtpd_restriction_classes, when
 * they are named for a service of master.cf, or for a table of an old-style type:name (mysql:accounts and accounts_hosts).
 * References in main.cf are to whatever has the name; those in the -o of a service to main.cf and to its own -o. An -o in the
 * place of a setting of main.cf is as good as that.
 *
 *  source, master_cf  borrowed until usage_free; master_cf may be NULL
 */
struct usage *usage_create(struct config_source *source, const struct master_cf *master_cf)
    __attribute__((returns_nonnull));
void usage_free(struct usage **usage);

/* usage_has - is a setting of this name good for something? `service` has it as -o; NULL: main.cf has it */
bool usage_has(const struct usage *usage, const struct master_service *service, struct span name);

#endif
