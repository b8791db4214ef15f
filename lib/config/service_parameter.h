/*
 * Parameters that are named for a service of master.cf: "<transport>_destination_rate_delay" and
 * the like. They are not in the parameter table, because the services are not known before.
 */
#ifndef BUZON_LIB_CONFIG_SERVICE_PARAMETER_H
#define BUZON_LIB_CONFIG_SERVICE_PARAMETER_H

#include "lib/config/master_cf.h"

struct service_parameter {
    const char *suffix;
    const char *value;       /* "$name" of the parameter that counts for all transports */
    const char *unsupported; /* why it has no effect; NULL: it works */
};

extern const struct service_parameter service_parameters[];
extern const size_t service_parameter_count;

/* service_parameter_applies - does a service of this program have this parameter? */
bool service_parameter_applies(const struct service_parameter *parameter, const char *program);

/* service_parameter_find - by the whole name, of the services of master_cf (NULL: of none); NULL
 * when there is none */
const struct service_parameter *service_parameter_find(const struct master_cf *master_cf,
                                                       struct span name);

#endif
