/* Sessions without master: who calls, where his mailbox is, and one descriptor out of two. */
#include "lib/base/base.h"

#include "lib/service/standalone.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define RELAY_BLOCK 65536

bool standalone_is_wanted(int argc, char *argv[])
{
    return argc > 1 && strcmp(argv[1], "-s") == 0;
}

/* --- standard input and output as one ---------------------------------------------------------- */

/* Octets from one descriptor to another; false at the end or on failure. */
static bool pass_on(int from, int to, char *block)
{
    ssize_t len = read(from, block, RELAY_BLOCK);

    if (len < 0)
        return errno == EINTR;
    return len > 0 && write_all(to, span_of(block, (size_t)len));
}

/* The session talks to one end of a socket pair; this process carries what it says to standard output
 * and what comes from standard input to it, until the session has gone. */
static void relay(int session)
{
    struct pollfd watched[2] = {
        {STDIN_FILENO, POLLIN, 0},
        {session,      POLLIN, 0}
    };
    char *block = mem_alloc(RELAY_BLOCK);

    for (;;) {
        if (poll(watched, 2, -1) < 0 && errno != EINTR)
            break;
        if (watched[0].fd >= 0 && watched[0].revents != 0 &&
            !pass_on(STDIN_FILENO, session, block)) {
            shutdown(session, SHUT_WR);
            watched[0].fd = -1;
        }
        if (watched[1].revents != 0 && !pass_on(session, STDOUT_FILENO, block))
            break;
    }
    mem_free(block);
}

static bool is_one_socket(void)
{
    struct stat in, out;

    return fstat(STDIN_FILENO, &in) == 0 && fstat(STDOUT_FILENO, &out) == 0 &&
           S_ISSOCK(in.st_mode) && in.st_ino == out.st_ino && in.st_dev == out.st_dev;
}

static int client_descriptor(void)
{
    int ends[2];
    pid_t child;

    if (is_one_socket())
        return dup(STDIN_FILENO);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        log_fatal("socketpair: %m");
    child = fork();
    if (child < 0)
        log_fatal("fork: %m");
    if (child > 0) { /* who called waits for this process: it stays to the end */
        fd_close(&ends[1]);
        relay(ends[0]);
        _exit(0);
    }
    fd_close(&ends[0]);
    return ends[1];
}

/* --- who and where ----------------------------------------------------------------------------- */

static const struct passwd *caller(void)
{
    const struct passwd *entry = getpwuid(getuid());

    if (entry == NULL)
        log_fatal("no account has uid %ld", (long)getuid());
    return entry;
}

static void place_by_path(struct standalone *standalone, const char *path,
                          const struct passwd *entry)
{
    standalone->place = (struct mailbox_place){
        .format = MAILBOX_MAILDIR,
        .path = path,
        .home = arena_copy(standalone->arena, entry->pw_dir),
        .user = standalone->user,
        .uid = getuid(),
        .gid = getgid(),
    };
}

static void place_by_configuration(struct standalone *standalone)
{
    struct mailbox_finder *finder = mailbox_finder_create(standalone->config, false);
    struct error err = {0};
    enum map_result result =
        mailbox_find_local(finder, standalone->user, standalone->arena, &standalone->place, &err);

    mailbox_finder_free(&finder);
    if (result != MAP_FOUND)
        log_fatal("no mailbox of %s: %s", standalone->user,
                  err.kind == ERROR_NONE ? "no such account" : err.text);
}

void standalone_begin(struct standalone *standalone, const char *program, int argc, char *argv[])
{
    const char *directory = NULL, *path = NULL;
    struct error err = {0};
    const struct passwd *entry;
    int option;

    log_name(argv[0]);
    while ((option = getopt(argc, argv, "sc:m:")) != -1) {
        if (option == 'c')
            directory = optarg;
        else if (option == 'm')
            path = optarg;
        else if (option != 's')
            log_fatal("usage: %s -s [-c config_directory] [-m maildir]", argv[0]);
    }
    (void)signal(SIGPIPE, SIG_IGN);
    *standalone = (struct standalone){.arena = arena_create()};
    standalone->config = config_read_for(program, directory, &err);
    if (standalone->config == NULL)
        log_fatal("%s", err.text);
    entry = caller();
    standalone->user = arena_copy(standalone->arena, entry->pw_name);
    if (path != NULL)
        place_by_path(standalone, path, entry);
    else
        place_by_configuration(standalone);
    standalone->client = client_descriptor();
}

void standalone_end(struct standalone *standalone)
{
    config_free(&standalone->config);
    arena_free(&standalone->arena);
}
