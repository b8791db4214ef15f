/* The log as the configuration wants it. */
#include "lib/base/base.h"

#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/service/logging.h"

/* Whoever may edit main.cf shall not be able to have root append to any file. */
static bool is_permitted(const struct config *config, struct error *err)
{
    struct span file = span_text(config->maillog_file);
    struct strlist prefixes = STRLIST_EMPTY;
    bool permitted = file.len == 0;

    strlist_split(&prefixes, config->maillog_file_prefixes, ", \t\r\n");
    for (size_t i = 0; i < prefixes.count && !permitted; i++)
        permitted = span_starts_with(file, prefixes.items[i]);
    strlist_release(&prefixes);
    if (!permitted)
        error_set(err, ERROR_PERMANENT, "maillog_file %s does not begin with one of %s",
                  config->maillog_file, config->maillog_file_prefixes);
    return permitted;
}

bool logging_open(const struct config *config, const char *program, bool to_stderr,
                  struct error *err)
{
    char *name = program == NULL ? mem_text(config->login_syslog_name)
                                 : mem_printf("%s/%s", config->syslog_name, program);
    struct log_target target = {
        .syslog_name = name,
        .syslog_facility = config->syslog_facility,
        .file = config->maillog_file,
        .to_stderr = to_stderr,
    };
    bool done = is_permitted(config, err) && log_open(&target, err);

    mem_free(name);
    return done;
}
