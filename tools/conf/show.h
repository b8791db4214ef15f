/* What buzonconf shows. Each appends to `out`; false and *err: it cannot, for the whole request. */
#ifndef BUZON_TOOLS_CONF_SHOW_H
#define BUZON_TOOLS_CONF_SHOW_H

#include "tools/conf/conf.h"

/* show_main - the parameters named in `requests`, or all */
bool show_main(const struct conf *conf, const struct strlist *requests, struct buf *out,
               struct error *err) MUST_CHECK;

/* -M: service[/type]; -F: service[/type[/field]]; -P: service[/type[/parameter]], with
 * SHOW_ALL also what it does not set */
bool show_services(const struct conf *conf, const struct strlist *requests, struct buf *out,
                   struct error *err) MUST_CHECK;
bool show_fields(const struct conf *conf, const struct strlist *requests, struct buf *out,
                 struct error *err) MUST_CHECK;
bool show_service_parameters(const struct conf *conf, const struct strlist *requests,
                             struct buf *out, struct error *err) MUST_CHECK;

/*
 * show_effective - parameters as a service has them, whether it sets them or not
 *
 *  conf    its source is main.cf with the settings of the service
 *  prefix  before each name: "smtp/inet/"
 *  wanted  one name; NULL: all of conf->classes, and its own
 *  own     names that the service sets
 *  err     a value that cannot be computed
 */
bool show_effective(const struct conf *conf, const char *prefix, const char *wanted,
                    const struct strlist *own, struct buf *out, bool *found_r,
                    struct error *err) MUST_CHECK;

/* What this build can do, one name a line. */
void show_table_types(struct buf *out);
void show_lock_types(struct buf *out);

/* -T: what is asked of the TLS library; false for a question that nobody knows, with a
 * warning */
bool show_tls(const char *program, const char *question, struct buf *out) MUST_CHECK;

/*
 * show_bounce_templates - the templates of notifications, as they are written or expanded
 *
 *  path  the file with templates; NULL: the one of bounce_template_file
 */
bool show_bounce_templates(struct config_source *source, const char *path, bool expanded,
                           struct buf *out, struct error *err) MUST_CHECK;

#endif
