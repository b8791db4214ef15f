/*
 * The only program that writes to maildrop/. sendmail(1) runs it, for anybody; it is set-group-id so
 * that it, and nobody else, may create files there. It checks what it reads, record by record, and
 * reports success only after file and directory are on stable storage.
 *
 * Its caller is not trusted: neither environment, nor descriptors, limits or signals.
 */
#include "lib/base/base.h"

#include "tools/caller.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/config.h"
#include "lib/map/map.h"
#include "lib/map/match_list.h"
#include "lib/message/address.h"
#include "lib/queue/maildrop.h"
#include "lib/queue/queue_id.h"
#include "lib/service/logging.h"
#include "lib/service/service.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define PATTERNS_MAX ((size_t)64 * 1024)
#define OUTPUT_SIZE  ((size_t)256 * 1024)

static struct {
    int maildrop; /* the directory */
    int fd;
    char name[QUEUE_ID_MAX]; /* of the file; "" when there is none to be removed */
} drop = {.maildrop = -1, .fd = -1};

/* --- the end, good or bad ------------------------------------------------------------------------ */

/* At any exit, as without memory, and from a signal handler. */
static void remove_file(void)
{
    if (drop.name[0] != '\0')
        (void)unlinkat(drop.maildrop, drop.name, 0);
    drop.name[0] = '\0';
}

static void on_signal(int number)
{
    remove_file();
    _exit(128 + number);
}

static void handle_signals(void)
{
    static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGXCPU};
    static const int ignored[] = {SIGPIPE, SIGXFSZ};
    sigset_t none;

    for (size_t i = 0; i < ARRAY_LENGTH(ending); i++) {
        struct sigaction action = {.sa_handler = on_signal};

        (void)sigfillset(&action.sa_mask);
        (void)sigaction(ending[i], &action, NULL);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(ignored); i++) {
        struct sigaction action = {.sa_handler = SIG_IGN};

        (void)sigaction(ignored[i], &action, NULL);
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static NORETURN void fail(int status, const char *format, ...) PRINTF(2, 3);
static NORETURN void fail(int status, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_info("fatal: uid=%ld: %s", (long)getuid(), text);
    exit(status);
}

/* --- who may ---------------------------------------------------------------------------------------- */

/* authorized_submit_users */
static void check_user(const struct config *config)
{
    struct match_list *users;
    char *user;
    struct error err = {0};
    enum map_result result;

    if (strcmp(config->authorized_submit_users, "static:anyone") == 0)
        return;
    user = caller_name();
    users = match_list_create(config, "authorized_submit_users", config->authorized_submit_users,
                              MATCH_STRING, false);
    result = match_list_name(users, span_text(user), &err);
    if (result == MAP_UNAVAILABLE)
        fail(EX_TEMPFAIL, "authorized_submit_users: %s", err.text);
    if (result == MAP_ABSENT) {
        log_info("fatal: User %s(%ld) is not allowed to submit mail", user, (long)getuid());
        exit(EX_NOPERM);
    }
    match_list_free(&users);
    mem_free(user);
}

/* The sender without his extension, as patterns have him; the null sender by the key of his own. */
static const char *plain_sender(const struct config *config, struct arena *arena,
                                struct span sender)
{
    const char *address = arena_text(arena, sender);
    struct span user, extension;

    if (sender.len == 0)
        return config->empty_address_local_login_sender_maps_lookup_key;
    if (!address_split_extension(extension_rule_of(config), address_localpart(address), &user,
                                 &extension))
        return address;
    return arena_printf(arena, "%.*s%s", SPAN_PRINTF(user),
                        address + user.len + extension.len); /* "@domain", or nothing */
}

static bool matches_sender(const char *pattern, const char *sender)
{
    const char *domain = strrchr(sender, '@');

    return strcmp(pattern, "*") == 0 || strcasecmp(pattern, sender) == 0 ||
           (pattern[0] == '@' && domain != NULL && strcasecmp(pattern, domain) == 0);
}

/* local_login_sender_maps: what the table has for the caller are patterns of senders he may use. */
static void check_sender(const struct config *config, struct span sender)
{
    struct buf patterns = BUF(PATTERNS_MAX);
    struct strlist list = STRLIST_EMPTY;
    struct arena *arena;
    struct maps *maps;
    const char *plain, *name;
    char *user;
    bool allowed = false;
    struct error err = {0};

    if (strcmp(config->local_login_sender_maps, "static:*") == 0)
        return;
    arena = arena_create();
    user = caller_name();
    if (user[strspn(user, "0123456789")] == '\0') /* who has no account has a number */
        name = arena_printf(arena, "uid:%s", user);
    else
        name = user;
    maps = maps_open(config, config->local_login_sender_maps, false);
    if (maps_find(maps, span_text(name), MAP_FOLD_KEY, &patterns, NULL, &err) == MAP_UNAVAILABLE)
        fail(EX_TEMPFAIL, "local_login_sender_maps: %s", err.text);
    plain = plain_sender(config, arena, sender);
    strlist_split(&list, buf_text(&patterns), ", \t\r\n");
    for (size_t i = 0; i < list.count && !allowed; i++)
        allowed = matches_sender(list.items[i], plain);
    if (!allowed)
        fail(EX_TEMPFAIL, "not authorized to use sender='%.*s'", SPAN_PRINTF(sender));
    strlist_release(&list);
    buf_release(&patterns);
    maps_free(&maps);
    mem_free(user);
    arena_free(&arena);
}

/* --- the file ---------------------------------------------------------------------------------------- */

static void open_maildrop(const struct config *config)
{
    int queue = open(config->queue_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (queue >= 0)
        drop.maildrop = openat(queue, "maildrop", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (drop.maildrop < 0)
        fail(EX_TEMPFAIL, "open %s/maildrop: %s", config->queue_directory, strerror(errno));
    fd_close(&queue);
}

/* The name is set before the file is there, so that a signal in between finds it. */
static void create_file(void)
{
    struct queue_id_source ids = {0};

    queue_id_make(&ids, true, drop.name);
    drop.fd = openat(drop.maildrop, drop.name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (drop.fd < 0) {
        drop.name[0] = '\0';
        fail(EX_TEMPFAIL, "create a file in maildrop: %s", strerror(errno));
    }
}

static void write_out(struct span octets)
{
    if (!write_all(drop.fd, octets))
        fail(EX_TEMPFAIL, "write to maildrop: %s", strerror(errno));
}

/* pickup runs as another user and must read it; who is the owner says who wrote it. Nobody else comes
 * into the directory. From now on the message is not ours to remove. */
static void make_durable(void)
{
    if (fchmod(drop.fd, 0744) != 0 || fsync(drop.fd) != 0 || fsync(drop.maildrop) != 0)
        fail(EX_TEMPFAIL, "sync a file in maildrop: %s", strerror(errno));
    drop.name[0] = '\0';
}

/* --- from standard input ----------------------------------------------------------------------------- */

static size_t read_input(struct buf *input)
{
    char *room = buf_reserve(input, input->limit - input->len);
    ssize_t got;

    ASSERT(room != NULL && input->len < input->limit);
    do
        got = read(STDIN_FILENO, room, input->limit - input->len);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        fail(EX_TEMPFAIL, "read standard input: %s", strerror(errno));
    buf_commit(input, (size_t)got);
    return (size_t)got;
}

/* Whole records from the front of `input`; what they take of it. */
static size_t check_records(const struct config *config, struct maildrop_reader *reader,
                            const struct buf *input, uint64_t *size, bool *ended)
{
    struct cursor at = cursor_of(buf_span(input));
    struct maildrop_record record;
    enum parse_result result = PARSE_INCOMPLETE;

    while (!*ended && (result = maildrop_next(reader, &at, &record)) == PARSE_DONE) {
        *ended = record.type == MAILDROP_END;
        if (record.type == MAILDROP_SENDER)
            check_sender(config, record.value);
        if (record.type == MAILDROP_CONTENT)
            *size += record.value.len;
        if (config->message_size_limit > 0 && *size > (uint64_t)config->message_size_limit)
            fail(EX_DATAERR, "message file too big");
    }
    if (result == PARSE_TOO_BIG)
        fail(EX_DATAERR, "malformed input: an address is too long, or there are too many");
    if ((*ended && !cursor_at_end(at)) || (!*ended && result != PARSE_INCOMPLETE))
        fail(EX_DATAERR, "malformed input");
    return input->len - cursor_left(at);
}

static void copy_message(const struct config *config)
{
    struct buf input = BUF(OUTPUT_SIZE);
    struct maildrop_reader reader = {0};
    uint64_t size = 0;
    bool ended = false;

    while (read_input(&input) > 0) {
        size_t whole = check_records(config, &reader, &input, &size, &ended);

        write_out(span_first(buf_span(&input), whole));
        buf_remove(&input, whole);
    }
    buf_release(&input);
    if (!ended)
        fail(EX_DATAERR, "the input ends too early");
}

/* --- main ---------------------------------------------------------------------------------------------- */

/* Best effort: pickup looks by itself once a minute. */
static void poke_pickup(const struct config *config)
{
    struct error err = {0};

    if (service_tool_open(config, &err) && service_poke(config->pickup_service_name, &err))
        return;
    if (err.number != ECONNREFUSED) /* the mail system is not running: it will look for itself */
        log_warning("unable to notify pickup, the message waits: %s", err.text);
}

static const char *parse_options(const char *program, int argc, char *argv[])
{
    const char *directory = NULL;
    int option;

    while ((option = getopt(argc, argv, "+c:rv")) != -1) {
        if (option == 'c')
            directory = optarg;
        else if (option == 'v' && getuid() == 0)
            log_verbose++;
        else if (option == '?')
            log_fatal("usage: %s [-c config_dir] [-v]", program);
    }
    return directory;
}

int main(int argc, char *argv[])
{
    const char *program = caller_program(argc, argv);
    struct config *config;
    const char *directory;
    struct error err = {0};

    closefrom(STDERR_FILENO + 1);
    handle_signals();
    (void)atexit(remove_file);
    (void)umask(077);
    directory = parse_options(program, argc, argv);
    config = caller_config("buzondrop", directory, &err);
    if (config == NULL)
        log_fatal("%s", err.text);
    if (config->maillog_file[0] == '\0' && !logging_open(config, program, true, &err))
        log_warning("%s", err.text); /* a file is not for everybody to write to */
    check_user(config);
    open_maildrop(config);
    create_file();
    copy_message(config);
    make_durable();
    poke_pickup(config);
    config_free(&config);
    return EX_OK;
}
