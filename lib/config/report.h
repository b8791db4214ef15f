/* What an administrator should know of a configuration before it is used: start-up, `buzon check`
 * and buzonconf say it as warnings. */
#ifndef BUZON_LIB_CONFIG_REPORT_H
#define BUZON_LIB_CONFIG_REPORT_H

#include "lib/config/master_cf.h"

/*
 * config_report - all of the following, with log_warning
 *
 *  master_cf  may be NULL: then what only services refer to counts as unused
 */
void config_report(const struct config *config, const struct master_cf *master_cf);

/* The same in parts, for buzonconf, which has no struct config when a value is bad. */
struct config_source;

enum { REPORT_MAIN_CF = 1, REPORT_MASTER_CF = 2, REPORT_ALL = 3 }; /* whose settings */

/* report_oddities - settings made twice, lines that continue nothing */
void report_oddities(const struct config_source *source);

/* report_undefined - names that values of main.cf or -o refer to and nothing defines; once a file */
void report_undefined(struct config_source *source, const struct master_cf *master_cf);

/* report_malformed - values that cannot be evaluated, for which somebody will not start: main.cf's, once
 * source_find_flaws or config_read has found them; of -o those that the service's program reads */
void report_malformed(struct config_source *source, const struct master_cf *master_cf,
                      unsigned files);

/* report_unused - settings whose name nobody knows and no value refers to (lib/config/usage.h) */
void report_unused(struct config_source *source, const struct master_cf *master_cf, unsigned files);

/* report_unsupported - settings of known parameters that nothing obeys yet, where they differ from
 * the default; each name once, with the reason where the table has one */
void report_unsupported(struct config_source *source, const struct master_cf *master_cf,
                        unsigned files);

#endif
