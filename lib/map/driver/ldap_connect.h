/* A connection of the LDAP module to its server (lib/map/driver/ldap.c). */
#ifndef BUZON_LIB_MAP_DRIVER_LDAP_CONNECT_H
#define BUZON_LIB_MAP_DRIVER_LDAP_CONNECT_H

#include "lib/map/module.h"

#include <ldap.h>
#include <sys/time.h>

/*
 * ldap_connect_as_told - by the settings of the table: version, TLS, time limits
 *
 *  servers    hosts, with ports or not, and URLs, in a list; they are tried in this order
 *  ldap_r     the caller's to unbind, also after false when it is not NULL
 *  timeout_r  of each search
 */
bool ldap_connect_as_told(const struct map_host *host, const struct table_settings *settings,
                          const char *servers, LDAP **ldap_r, struct timeval *timeout_r,
                          struct error *err) MUST_CHECK;

#endif
