/* Making a table from its source, or adding to one from standard input. */
#include "tools/table_tool.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define LINES_AT_ONCE     1024 /* between two looks at the clock */
#define PROGRESS_FIRST_MS 1000
#define PROGRESS_MS       200
#define BAR_WIDTH         40

/* Set by the first signal: the new table is given up, the old one stays. A second one ends us at once. */
static volatile sig_atomic_t interrupted;

struct build {
    const struct table_tool *tool;
    const char *specification;
    int file; /* the source */
    struct stat status;
    struct table_source source;
    int64_t shown_ms; /* when progress was shown last; at first, when we started */
    bool has_shown;
};

static void on_interrupt(int number UNUSED)
{
    interrupted = 1;
}

static void handle_interrupts(void)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
    const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};

    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        (void)sigaction(numbers[i], &action, NULL);
}

/* For whoever waits at a terminal; others see nothing. */
static void show_progress(struct build *build)
{
    static const char full[] = "########################################";
    int64_t now_ms = clock_monotonic_ms();
    uint64_t done;

    if (build->status.st_size <= 0 || !isatty(STDERR_FILENO) ||
        now_ms - build->shown_ms < (build->has_shown ? PROGRESS_MS : PROGRESS_FIRST_MS))
        return;
    build->shown_ms = now_ms;
    build->has_shown = true;
    done = build->source.lines.offset * 100 / (uint64_t)build->status.st_size;
    done = done > 100 ? 100 : done; /* the source has grown */
    (void)fprintf(stderr, "\r%s: %.30s [%-*.*s] %3" PRIu64 "%%", build->tool->program,
                  build->specification, BAR_WIDTH, (int)done * BAR_WIDTH / 100, full, done);
}

/* Nothing is left of it. */
static void end_progress(const struct build *build)
{
    if (build->has_shown)
        (void)fprintf(stderr, "\r%*s\r", BAR_WIDTH + 60, "");
}

static NORETURN void give_up(struct build *build, const struct error *err)
{
    map_writer_abandon(&build->source.writer);
    end_progress(build);
    log_fatal("%s", err->text);
}

static void add_lines(struct build *build)
{
    struct error err;
    struct span line;
    unsigned count = 0;

    while (map_lines_next(&build->source.lines, &line, &err)) {
        if (!table_source_add(&build->source, line, &err)) {
            error_prefix(&err, "%s", build->specification);
            break;
        }
        if (++count % LINES_AT_ONCE == 0)
            show_progress(build);
        if (interrupted != 0)
            break;
    }
    if (interrupted != 0)
        error_set(&err, ERROR_TEMPORARY, "interrupted; %s is as it was", build->specification);
    if (err.kind != ERROR_NONE)
        give_up(build, &err);
}

/* The owner could not make files there: root does it, and gives the table away. */
static bool owner_may_write(const struct build *build, const char *name)
{
    struct span path = span_text(name);
    size_t slash = span_find_last(path, '/');
    char *directory = slash == path.len ? mem_text(".") : mem_span(span_first(path, slash + 1));
    bool may = setegid(build->status.st_gid) == 0 && seteuid(build->status.st_uid) == 0 &&
               faccessat(AT_FDCWD, directory, W_OK, AT_EACCESS) == 0;

    mem_free(directory);
    if (seteuid(0) != 0 || setegid(0) != 0)
        log_fatal("cannot return to root: %m");
    return may;
}

/* A source that is not root's is handled with its owner's rights only. */
static void become_owner(const struct build *build)
{
    const char *name = strchr(build->specification, ':') + 1;

    if (!build->tool->as_owner || getuid() != 0 || build->status.st_uid == 0 ||
        !owner_may_write(build, name))
        return;
    if (setgroups(0, NULL) != 0 || setegid(build->status.st_gid) != 0 ||
        seteuid(build->status.st_uid) != 0)
        log_fatal("cannot become the owner of %s: %m", name);
}

static void return_to_root(void)
{
    if (getuid() == 0 && geteuid() != 0 && (seteuid(0) != 0 || setegid(0) != 0))
        log_fatal("cannot return to root: %m");
}

/* As readable for others as its source is, or as files of this process are (-p). */
static mode_t mode_of(const struct build *build)
{
    mode_t mask;

    if (build->tool->inherits_mode && S_ISREG(build->status.st_mode))
        return table_source_mode(build->status.st_mode);
    mask = umask(0);
    (void)umask(mask);
    return 0644 & ~mask;
}

static void open_source(struct build *build)
{
    const char *name = strchr(build->specification, ':') + 1;

    build->file = build->tool->incremental
                      ? STDIN_FILENO
                      : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (build->file < 0 || fstat(build->file, &build->status) != 0)
        log_fatal("open %s: %m", name);
    map_lines_start(&build->source.lines, build->file, build->tool->incremental ? "stdin" : name);
}

static void open_table(struct build *build)
{
    const struct table_tool *tool = build->tool;
    struct error err;
    const struct map_writer_settings settings = {
        .config = tool->config,
        .from_present = tool->incremental,
        .without_nul = tool->without_nul,
        .replaces = tool->replaces,
        .source_size = S_ISREG(build->status.st_mode) ? (uint64_t)build->status.st_size : 0,
        .mode = mode_of(build),
        .uid = tool->as_owner ? build->status.st_uid : geteuid(),
        .gid = tool->as_owner ? build->status.st_gid : getegid(),
    };

    build->source.writer = map_writer_open(build->specification, &settings, &err);
    if (build->source.writer == NULL)
        log_fatal("%s", err.text);
}

static void commit(struct build *build)
{
    struct error err = {.kind = ERROR_NONE};

    if (!table_source_sign(&build->source, build->tool->command->signature, &err))
        give_up(build, &err);
    if (!map_writer_commit(&build->source.writer, &err)) {
        end_progress(build);
        log_fatal("%s: %s", build->specification, err.text);
    }
    end_progress(build);
}

static void release(struct build *build)
{
    table_source_release(&build->source);
    if (build->file != STDIN_FILENO)
        fd_close(&build->file);
}

static void build_one(const struct table_tool *tool, const char *specification)
{
    struct build build = {
        .tool = tool,
        .specification = specification,
        .source = {.parse = tool->command->parse,
                   .context = tool,
                   .folds = tool->folds,
                   .utf8 = tool->utf8,
                   .ignores_duplicates = tool->ignores_duplicates,
                   TABLE_SOURCE_BUFFERS},
        .shown_ms = clock_monotonic_ms(),
    };

    open_source(&build);
    become_owner(&build);
    open_table(&build);
    add_lines(&build);
    commit(&build);
    return_to_root();
    release(&build);
}

int table_tool_build(const struct table_tool *tool)
{
    handle_interrupts();
    for (char *const *table = tool->tables; *table != NULL; table++) {
        char *specification = table_tool_specification(tool, *table);

        build_one(tool, specification);
        mem_free(specification);
    }
    return 0;
}
