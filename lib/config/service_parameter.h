/*
 * Parameters that are named for a service of master.cf: "<transport>_destination_rate_delay" and
 * the like. They are not in the parameter table, because the services are not known before.
 */
#ifndef BUZON_LIB_CONFIG_SERVICE_PARAMETER_H
#define BUZON_LIB_CONFIG_SERVICE_PARAMETER_H

#include "lib/config/master_cf.h"

enum service_parameter_kind {
    SERVICE_PARAMETER_NUMBER,
    SERVICE_PARAMETER_TIME,
    SERVICE_PARAMETER_TEXT
};

struct service_parameter {
    const char *suffix;
    const char *value; /* "$name" of the parameter that counts for all transports */
    enum service_parameter_kind kind;
    int minimum;
    int maximum;             /* 0: none */
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

/* service_parameter_check - what a NUMBER or a TIME is worth, in seconds; TEXT is worth 0. PERMANENT: it is malformed or
 * out of bounds, in Postfix's words */
bool service_parameter_check(const struct service_parameter *parameter, const char *name,
                             const char *text, int *value_r, struct error *err) MUST_CHECK;

/* service_parameter_value - the value of "<transport><suffix>", or `fallback` where it is not set. The suffix is a NUMBER or
 * a TIME of the table. PERMANENT: as service_parameter_check, or it cannot be evaluated */
bool service_parameter_value(const struct config *config, const char *transport, const char *suffix,
                             int fallback, int *value_r, struct error *err) MUST_CHECK;

#endif
