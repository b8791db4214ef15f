/* Defaults that are not constants: they depend on the host, the process or other parameters. */
#ifndef BUZON_LIB_CONFIG_COMPUTED_H
#define BUZON_LIB_CONFIG_COMPUTED_H

#include "lib/config/source.h"

/* computed_is - is the default of this row computed? */
bool computed_is(const struct parameter *parameter);

/* computed_value - compute it; NULL and *err. Lives as long as the source. */
const char *computed_value(struct config_source *source, const struct parameter *parameter,
                           struct error *err) MUST_CHECK;

/* computed_myorigin - "/file" is replaced by the file's first line (as Debian does) */
const char *computed_myorigin(struct config_source *source, const char *myorigin,
                              struct error *err) MUST_CHECK;

#endif
