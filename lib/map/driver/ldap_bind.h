/* How the LDAP module tells a server who asks (lib/map/driver/ldap.c). */
#ifndef BUZON_LIB_MAP_DRIVER_LDAP_BIND_H
#define BUZON_LIB_MAP_DRIVER_LDAP_BIND_H

#include "lib/map/module.h"

#include <ldap.h>

/* ldap_bind_as_told - by the setting `bind`: not at all, with a name and a password, or by SASL */
bool ldap_bind_as_told(const struct map_host *host, LDAP *ldap,
                       const struct table_settings *settings, struct error *err) MUST_CHECK;

#endif
