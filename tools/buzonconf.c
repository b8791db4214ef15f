/*
 * buzonconf shows and changes main.cf and master.cf, with the options and the output of postconf(1).
 * It reads them by the same code as the daemons do, but takes values as they are: a bad one is to be
 * mended by this tool, not a reason to refuse its service.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/report.h"
#include "tools/conf/conf.h"
#include "tools/conf/edit.h"
#include "tools/conf/service.h"
#include "tools/conf/show.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define OPTIONS       "aAc:C:deEfFhHlmMno:pPvxX#"
#define MASTER_CF_MAX (16U << 20)

struct call {
    unsigned char given[128]; /* how often each option is there */
    const char *directory;
    struct conf conf;
    struct strlist requests;
};

static NORETURN void refuse(const struct error *err)
{
    log_info("fatal: %s", err->text);
    exit(1);
}

static NORETURN void refuse_text(const char *text)
{
    log_info("fatal: %s", text);
    exit(1);
}

static NORETURN void usage(void)
{
    refuse_text("usage: buzonconf [-a (server SASL types)] [-A (client SASL types)] "
                "[-c config_dir] [-C param_class] [-d (parameter defaults)] "
                "[-e (edit configuration)] [-f (fold lines)] [-F (master.cf fields)] "
                "[-h (no names)] [-H (no values)] [-l (lock types)] [-m (map types)] "
                "[-M (master.cf)] [-n (non-default parameters)] "
                "[-o name=value (override parameter value)] [-p (main.cf, default)] "
                "[-P (master.cf parameters)] [-v (verbose)] [-x (expand parameter values)] "
                "[-X (exclude)] [-# (comment-out)] [name...]");
}

static bool has(const struct call *call, char option)
{
    return call->given[(unsigned char)option] > 0;
}

/* -C class,class */
static unsigned parse_classes(const char *text)
{
    static const struct {
        const char *name;
        unsigned classes;
    } names[] = {
        {"builtin", CLASS_BUILTIN                             },
        {"service", CLASS_SERVICE                             },
        {"user",    CLASS_USER                                },
        {"all",     CLASS_BUILTIN | CLASS_SERVICE | CLASS_USER},
    };
    struct strlist items = STRLIST_EMPTY;
    unsigned classes = 0;

    strlist_split(&items, text, ", \t");
    for (size_t i = 0; i < items.count; i++) {
        size_t at = 0;

        while (at < ARRAY_LENGTH(names) && strcasecmp(names[at].name, items.items[i]) != 0)
            at++;
        if (at == ARRAY_LENGTH(names)) {
            log_info("fatal: unknown -C option value \"%s\" in \"%s\"", items.items[i], text);
            exit(1);
        }
        classes |= names[at].classes;
    }
    strlist_release(&items);
    return classes;
}

/* At most one option of each row makes sense. */
static void check_exclusive(const struct call *call)
{
    static const char *const rows[] = {"aAlmMFPp", "dn", "eX#", "hH"};

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char given[sizeof("specify one of") + 3 * 8] = "specify one of";
        int count = 0;

        for (const char *option = rows[i]; *option != '\0'; option++) {
            size_t len = strlen(given);

            if (!has(call, *option))
                continue;
            count++;
            memcpy(given + len, (char[]){' ', '-', *option, '\0'}, 4);
        }
        if (count > 1)
            refuse_text(given);
    }
}

/* What has no meaning together with an option is refused, not ignored. */
static void check_allowed(const struct call *call)
{
    static const struct {
        char option;
        const char *refused;
    } rows[] = {
        {'M', "CdhHn"   },
        {'F', "CdnX#"   },
        {'P', "Cdn#"    },
        {'e', "Cdfhnx"  },
        {'X', "CdfhnxF" },
        {'#', "CdfhnxFP"},
        {'a', "Cdefhnx" },
        {'A', "Cdefhnx" },
        {'l', "Cdefhnx" },
        {'m', "Cdefhnx" },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        for (const char *at = rows[i].refused; has(call, rows[i].option) && *at != '\0'; at++) {
            if (has(call, *at)) {
                log_info("fatal: with option -%c, do not specify -%c", rows[i].option, *at);
                exit(1);
            }
        }
    }
}

static void parse_options(struct call *call, int argc, char *argv[])
{
    int option;

    while ((option = getopt(argc, argv, OPTIONS)) != -1) {
        if (option == '?')
            usage();
        call->given[option & 127] = 1;
        if (option == 'c')
            call->directory = optarg;
        else if (option == 'C')
            call->conf.classes = parse_classes(optarg);
        else if (option == 'o')
            strlist_add(&call->conf.overrides, optarg);
        else if (option == 'v')
            log_verbose++;
    }
    for (; optind < argc; optind++)
        strlist_add(&call->requests, argv[optind]);
    if (!has(call, 'e') && call->requests.count > 0 && strchr(call->requests.items[0], '=') != NULL)
        call->given['e'] = 1; /* a value says what is meant */
    check_exclusive(call);
    check_allowed(call);
}

static unsigned shown_forms(const struct call *call)
{
    return (has(call, 'f') ? SHOW_FOLDED : 0U) | (has(call, 'h') ? SHOW_NO_NAMES : 0U) |
           (has(call, 'H') ? SHOW_NO_VALUES : 0U) | (has(call, 'x') ? SHOW_EXPANDED : 0U) |
           (has(call, 'n') ? SHOW_SET : 0U);
}

/* --- changing ------------------------------------------------------------------------------------- */

static bool change(const struct call *call, struct error *err)
{
    enum edit edit = has(call, 'e') ? EDIT_SET : has(call, 'X') ? EDIT_REMOVE : EDIT_COMMENT_OUT;
    const char *directory = source_directory(call->directory);

    if (call->requests.count == 0)
        refuse_text(edit == EDIT_SET ? "-e requires name=value argument"
                                     : "-X and -# require a name");
    if (has(call, 'M'))
        return edit_services(directory, edit, &call->requests, err);
    if (has(call, 'F'))
        return edit_fields(directory, &call->requests, err);
    if (has(call, 'P'))
        return edit_service_parameters(directory, edit, &call->requests, err);
    return edit_main(directory, edit, &call->requests, err);
}

/* --- showing -------------------------------------------------------------------------------------- */

/* -M, -F and -P need master.cf; of main.cf alone, it only says which services there are. */
static bool read_master_cf(struct call *call, struct error *err)
{
    struct conf *conf = &call->conf;
    bool needed = has(call, 'M') || has(call, 'F') || has(call, 'P');
    char *path = mem_printf("%s/master.cf", source_directory(call->directory));
    struct buf content = BUF(MASTER_CF_MAX);
    bool done = file_read(AT_FDCWD, path, &content, err);

    if (done) {
        conf->master_cf = master_cf_parse(path, buf_span(&content), 0, err);
        done = conf->master_cf != NULL;
    }
    if (done)
        conf->services = conf_service_list_parse(buf_span(&content));
    if (!done && !needed) {
        log_warning("%s", err->text);
        error_clear(err);
        done = true;
    }
    buf_release(&content);
    mem_free(path);
    return done;
}

static bool read_files(struct call *call, struct error *err)
{
    struct conf *conf = &call->conf;

    if (has(call, 'd'))
        conf->source = source_defaults(CONFIG_DIRECTORY);
    else
        conf->source = source_read(call->directory, &conf->overrides, NULL, err);
    if (conf->source == NULL)
        return false;
    conf->source->as_written = true;
    if (!read_master_cf(call, err))
        return false;
    conf->usage = usage_create(conf->source, conf->master_cf);
    return true;
}

static void release_files(struct conf *conf)
{
    usage_free(&conf->usage);
    conf_service_list_free(&conf->services);
    master_cf_free(&conf->master_cf);
    source_free(&conf->source);
}

static void report(const struct call *call)
{
    if (has(call, 'd'))
        return;
    report_oddities(call->conf.source);
    report_unused(call->conf.source, call->conf.master_cf);
    report_unsupported(call->conf.source, call->conf.master_cf);
}

static bool show_files(struct call *call, struct buf *out, struct error *err)
{
    bool done = read_files(call, err);

    if (done && has(call, 'M'))
        done = show_services(&call->conf, &call->requests, out, err);
    else if (done && has(call, 'F'))
        done = show_fields(&call->conf, &call->requests, out, err);
    else if (done && has(call, 'P'))
        done = show_service_parameters(&call->conf, &call->requests, out, err);
    else if (done)
        done = show_main(&call->conf, &call->requests, out, err);
    if (done)
        report(call);
    release_files(&call->conf);
    return done;
}

static bool show(struct call *call, struct error *err)
{
    struct buf out = BUF(BUF_UNLIMITED);
    bool done = true;

    if (has(call, 'a'))
        show_sasl_server_types(&out);
    else if (has(call, 'A'))
        show_sasl_client_types(&out);
    else if (has(call, 'l'))
        show_lock_types(&out);
    else if (has(call, 'm'))
        show_table_types(&out);
    else
        done = show_files(call, &out, err);
    if (done && !write_all(STDOUT_FILENO, buf_span(&out))) {
        error_errno(err, "write the output");
        done = false;
    }
    buf_release(&out);
    return done;
}

int main(int argc, char *argv[])
{
    struct call call = {.conf.classes = CLASS_BUILTIN | CLASS_SERVICE | CLASS_USER};
    struct error err = {0};
    bool done;

    log_name("buzonconf");
    parse_options(&call, argc, argv);
    call.conf.show = shown_forms(&call);
    if (has(&call, 'e') || has(&call, 'X') || has(&call, '#'))
        done = change(&call, &err);
    else
        done = show(&call, &err);
    if (!done)
        refuse(&err);
    strlist_release(&call.requests);
    strlist_release(&call.conf.overrides);
    return 0;
}
