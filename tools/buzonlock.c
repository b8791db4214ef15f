/*
 * Runs a command while a mailbox is locked as the delivery agents lock it (postlock(1)): for scripts that
 * change mbox files. Its exit status is the command's, or 75 (EX_TEMPFAIL) when there was no lock to be had.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/delivery/mbox.h"
#include "tools/caller.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

static NORETURN void PRINTF(1, 2) give_up(const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_info("fatal: %s", text);
    exit(EX_TEMPFAIL);
}

static void check_style(const char *style)
{
    static const char known[] = "fcntl flock dotlock";
    struct strlist styles = STRLIST_EMPTY;

    strlist_split(&styles, style, ", \t\r\n");
    for (size_t i = 0; i < styles.count; i++) {
        if (!strlist_text_has(known, " ", styles.items[i]))
            give_up("unknown mailbox_delivery_lock value \"%s\" in \"%s\"", styles.items[i], style);
    }
    strlist_release(&styles);
}

/* For locks, to write to it is enough; a FIFO is then not held open by ourselves. */
static int open_folder(const char *path)
{
    static const int flags = O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    struct stat status;
    int fd;

    if (lstat(path, &status) == 0 || errno != ENOENT) {
        fd = open(path, flags);
        if (fd < 0)
            give_up("open file %s: cannot open file: %s", path, strerror(errno));
    } else {
        fd = open(path, flags | O_CREAT | O_EXCL, 0600);
        if (fd < 0)
            give_up("open file %s: cannot create file exclusively: %s", path, strerror(errno));
    }
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink > 1)
        give_up("open file %s: file has %ju hard links", path, (uintmax_t)status.st_nlink);
    return fd;
}

static struct mbox_lock lock(const struct config *config, const char *style, const char *path)
{
    const struct mbox_settings settings = {
        .locks = style == NULL ? config->mailbox_delivery_lock : style,
        .lock_attempts = (int)config->deliver_lock_attempts,
        .lock_delay_s = config->deliver_lock_delay,
        .stale_lock_s = config->stale_lock_time,
    };
    struct mbox_lock taken = {0};
    struct error err;
    int fd;

    check_style(settings.locks);
    fd = open_folder(path);
    if (mbox_lock(path, fd, &settings, &taken, &err))
        return taken;
    give_up("open file %s: %s", path, err.text);
}

static NORETURN void usage(const char *program)
{
    give_up("usage: %s [-c config_dir] [-l lock_style] [-v] folder command...", program);
}

/* The locks are ours, not the command's: what it leaves running does not keep them. */
static int run(char *arguments[])
{
    int status = 0;
    pid_t pid;

    (void)signal(SIGCHLD, SIG_DFL);
    pid = fork();
    if (pid < 0)
        give_up("fork %s: %s", arguments[0], strerror(errno));
    if (pid == 0) {
        (void)execvp(arguments[0], arguments);
        log_info("fatal: execvp %s: %s", arguments[0], strerror(errno));
        _exit(1);
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            give_up("waitpid: %s", strerror(errno));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char *argv[])
{
    const char *program = caller_program(argc, argv);
    const char *directory = NULL, *style = NULL;
    struct mbox_lock taken;
    struct config *config;
    struct error err = {0};
    int option, status;

    while ((option = getopt(argc, argv, "+c:l:v")) != -1) {
        if (option == 'c')
            directory = optarg;
        else if (option == 'l')
            style = optarg;
        else if (option == 'v')
            log_verbose++;
        else
            usage(program);
    }
    if (optind + 2 > argc)
        usage(program);
    config = config_read_for("buzonlock", directory, &err);
    if (config == NULL)
        give_up("%s", err.text);
    taken = lock(config, style, argv[optind]);
    status = run(argv + optind + 1);
    mbox_unlock(&taken);
    config_free(&config);
    return status;
}
