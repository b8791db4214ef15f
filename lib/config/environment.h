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

/*
 * environment_reduce - our own environment is from now on what import_environment says, and a PATH of the system
 *
 * For processes with rights that whoever starts them does not have: libraries, of databases above all, do what variables
 * say.
 *
 *  list    as for environment_list
 *  err     PERMANENT: the list is malformed; TEMPORARY: no memory
 */
bool environment_reduce(const char *list, struct error *err) MUST_CHECK;

#endif
