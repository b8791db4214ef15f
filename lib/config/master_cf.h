/* master.cf: the services of an instance (Postfix master(5)). */
#ifndef BUZON_LIB_CONFIG_MASTER_CF_H
#define BUZON_LIB_CONFIG_MASTER_CF_H

#include "lib/config/config.h"

enum service_type { SERVICE_INET, SERVICE_UNIX, SERVICE_FIFO, SERVICE_PASS, SERVICE_UNIX_DGRAM };

struct master_service {
    const char *name; /* as written: "smtp", "127.0.0.1:2525", "[::1]:25", "cleanup" */
    enum service_type type;
    bool private_socket;      /* private/ or public/ */
    bool unprivileged;        /* not root */
    bool chroot;              /* "-" is n, as in Postfix from compatibility_level 1 */
    int wakeup_s;             /* 0: never */
    bool wakeup_lazy;         /* "60?": only once the service is in use */
    int process_limit;        /* 0: none */
    const char *command;      /* program in daemon_directory, the first word */
    struct strlist arguments; /* the rest, -o name=value split off their braces */
    int line;                 /* first line of the entry */
};

struct master_cf {
    struct master_service *services;
    size_t count;
    struct arena *arena;
    struct strlist warnings; /* what is odd but harmless; master_cf_read has logged it */
};

/* service_type_name - "inet", "unix", ...; service_type_parse - the reverse */
const char *service_type_name(enum service_type type);
bool service_type_parse(const char *text, enum service_type *type_r) MUST_CHECK;

/* master_cf_read - DIRECTORY/master.cf with the defaults of `config` (default_process_limit);
 * MALFORMED/PERMANENT with file, line and reason */
struct master_cf *master_cf_read(const struct config *config, struct error *err) MUST_CHECK;
void master_cf_free(struct master_cf **master_cf);

/* master_cf_parse - the same from text, for tests and buzonconf */
struct master_cf *master_cf_parse(const char *path, struct span text, int default_process_limit,
                                  struct error *err) MUST_CHECK;
/* master_cf_check_entry - would one entry be taken? PERMANENT with the reason, no file or line */
bool master_cf_check_entry(struct span entry, struct error *err) MUST_CHECK;

/* master_cf_split - the words of an entry as written; blanks in { } do not separate */
void master_cf_split(struct span line, struct strlist *words);

/* master_cf_next_override - the -o settings of a service, one after the other: *position starts at 0;
 * false at the end. Ill-formed ones are skipped. */
bool master_cf_next_override(const struct master_service *service, size_t *position,
                             struct span *name_r, struct span *value_r) MUST_CHECK;

/* master_cf_visit_settings - those that count, with the service: of a name that is set twice the last one */
typedef void master_cf_visit(void *context, const struct master_service *service, struct span name,
                             struct span value);
void master_cf_visit_settings(const struct master_service *service, master_cf_visit *visit,
                              void *context);

/* master_cf_overrides - all of them, as config_read takes them */
void master_cf_overrides(const struct master_service *service, struct strlist *overrides);

/* master_cf_is_superfluous - a program of Postfix whose work buzon does elsewhere: a master.cf that was
 * brought along names it, and nothing is missing without it */
bool master_cf_is_superfluous(const char *program);

/* master_cf_is_plain - may a service or a program have this name? One with a / never has. */
bool master_cf_is_plain(const char *name);

/* master_cf_find - NULL when there is none */
const struct master_service *master_cf_find(const struct master_cf *master_cf, const char *name,
                                            enum service_type type);

#endif
