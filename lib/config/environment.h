/* Lists of environment variables in main.cf: import_environment, export_environment. */
#ifndef BUZON_LIB_CONFIG_ENVIRONMENT_H
#define BUZON_LIB_CONFIG_ENVIRONMENT_H

#include "lib/base/strlist.h"

/*
 * environment_list - "NAME=value" for each variable of a list
 *
 *  list    items NAME, which counts when our own environment has it, NAME=value, and { NAME = value }
 *  err     PERMANENT: a brace is missing, or there is no name
 */
bool environment_list(const char *list, struct strlist *pairs_r, struct error *err) MUST_CHECK;

#endif
