/*
 * The tables that proxymap opens for others: those that the configuration names, and no other, so
 * that a broken-into smtpd cannot have /etc/shadow read to it as texthash:/etc/shadow. What is named
 * with proxy: must stand in proxy_read_maps besides.
 */
#ifndef BUZON_PROXYMAP_TABLES_H
#define BUZON_PROXYMAP_TABLES_H

#include "lib/map/proxy.h"
#include "lib/service/service.h"

struct tables;

/*
 * tables_create - learn from main.cf and the -o settings of master.cf which lists may be asked
 *
 * Called while privileged: lists with a file that mail_owner cannot read are opened now, the others
 * when somebody asks.
 */
struct tables *tables_create(const struct service_instance *instance, struct error *err) MUST_CHECK;
void tables_free(struct tables **tables);

/* tables_answer - a list that is not approved is UNAVAILABLE and logged; *answer_r borrows value and
 * reason until the next call */
void tables_answer(struct tables *tables, const struct proxy_question *question,
                   struct proxy_answer *answer_r);

/* tables_wait - this list may be asked, and some of its tables wait for servers: that is a worker's work */
bool tables_wait(struct tables *tables, const char *list);

/* tables_are_stale - a table changed that only a new process has the right to open */
bool tables_are_stale(const struct tables *tables);

/* tables_approve_proxied - the tables that a list names as proxy:TABLE may be asked by that name; call
 * it first; for tables_create and tests */
void tables_approve_proxied(struct tables *tables, const char *value);
/* tables_approve - the lists in a value of main.cf, as far as what they name with proxy: is approved;
 * for tables_create and tests */
void tables_approve(struct tables *tables, const char *value);
/* tables_create_empty - nothing is approved yet; from now on, this process is proxymap (proxy_is_here) */
struct tables *tables_create_empty(const struct config *config) __attribute__((returns_nonnull));

#endif
