/* The entries of master.cf as an administrator wrote them, to be shown and changed. */
#ifndef BUZON_TOOLS_CONF_SERVICE_H
#define BUZON_TOOLS_CONF_SERVICE_H

#include "lib/base/strlist.h"
#include "lib/config/source.h"

enum conf_service_field {
    FIELD_SERVICE,
    FIELD_TYPE,
    FIELD_PRIVATE,
    FIELD_UNPRIVILEGED,
    FIELD_CHROOT,
    FIELD_WAKEUP,
    FIELD_PROCESS_LIMIT,
    FIELD_COMMAND, /* in show and edit with all its arguments */
    FIELD_COUNT
};

/* An argument of the command: a setting of -o, or anything else. */
struct argument {
    char *name;  /* NULL: no setting */
    char *value; /* of a setting; else the word as written */
};

struct conf_service {
    struct strlist fields; /* FIELD_COUNT of them; the last is the command alone */
    struct argument *arguments;
    size_t argument_count;
};

struct conf_service_list {
    struct conf_service *items;
    size_t count;
};

/* conf_service_parse - an entry; PERMANENT when master would refuse it */
bool conf_service_parse(struct span line, struct conf_service *service_r,
                        struct error *err) MUST_CHECK;
void conf_service_release(struct conf_service *service);

/* conf_service_list_parse - of a master.cf that master_cf_parse has taken */
struct conf_service_list *conf_service_list_parse(struct span text)
    __attribute__((returns_nonnull));
void conf_service_list_free(struct conf_service_list **list);

/* conf_service_set_option - put "-o name=value" in the place of the one that is there, or behind the
 * other options; value NULL: remove it */
void conf_service_set_option(struct conf_service *service, const char *name, const char *value);

/* conf_service_set_field - false, and *err, when the entry would no longer be one */
bool conf_service_set_field(struct conf_service *service, enum conf_service_field field,
                            const char *value, struct error *err) MUST_CHECK;

/* conf_service_field_find - by its name; FIELD_COUNT when there is none */
enum conf_service_field conf_service_field_find(const char *name);
const char *conf_service_field_name(enum conf_service_field field);
/* conf_service_check_field - PERMANENT when no field has this name */
bool conf_service_check_field(const char *name, struct error *err) MUST_CHECK;

/*
 * conf_service_print - append the entry as a line of master.cf, or its command with all arguments
 *
 *  show   SHOW_FOLDED, SHOW_EXPANDED; the whole entry also SHOW_JSON
 *  scope  for SHOW_EXPANDED: where names are looked up, this service's settings applied
 */
void conf_service_print(const struct conf_service *service, unsigned show,
                        struct config_source *scope, struct buf *out);
void conf_service_print_command(const struct conf_service *service, const char *prefix,
                                unsigned show, struct config_source *scope, struct buf *out);

/* conf_service_scope - main.cf, then the -o of the command line, then the settings of this service */
struct config_source *conf_service_scope(const struct conf_service *service, const char *directory,
                                         const struct strlist *overrides,
                                         struct error *err) MUST_CHECK;

/* A request "name[/type[/rest]]" with * for any name or type. */
struct conf_service_pattern {
    char *name;
    char *type; /* "*" when it was left out, with what is behind it */
    char *rest; /* NULL when it was left out */
};

/* conf_service_pattern_parse - at most `parts` parts; false when there are more, or no name */
bool conf_service_pattern_parse(const char *text, int parts,
                                struct conf_service_pattern *pattern_r) MUST_CHECK;
void conf_service_pattern_release(struct conf_service_pattern *pattern);
bool conf_service_matches(const struct conf_service *service,
                          const struct conf_service_pattern *pattern);

#endif
