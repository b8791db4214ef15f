/*
 * Which tables proxymap may be asked for: those that the configuration names, and what is named with
 * proxy: only where proxy_read_maps has it, too.
 */
#ifndef BUZON_PROXYMAP_APPROVAL_H
#define BUZON_PROXYMAP_APPROVAL_H

#include "lib/base/hash.h"
#include "lib/config/config.h"

struct approval {
    struct hash *proxied; /* of proxy_read_maps: the tables without their "proxy:"; values say nothing */
    /* put - may be asked: a table, or a list as a parameter has it; the same one perhaps again */
    void (*put)(void *context, const char *list);
    void *context;
};

/* approval_take_proxied - a value of proxy_read_maps; before the others */
void approval_take_proxied(struct approval *approval, const char *value);
/* approval_take - all that one value of main.cf names */
void approval_take(struct approval *approval, const char *value);
/* approval_take_config - all of main.cf, with the files that its lists name */
void approval_take_config(struct approval *approval, const struct config *config);
/* approval_take_services - what services have as their own settings in master.cf */
bool approval_take_services(struct approval *approval, const struct config *config,
                            struct error *err) MUST_CHECK;

/* approval_proxied - a table without any "proxy:" in front */
const char *approval_proxied(const char *item);

#endif
