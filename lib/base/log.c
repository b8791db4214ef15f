/*
 * The log. A line is one datagram to syslog, in the form of RFC 3164 that every syslog daemon and
 * journald take from /dev/log, or one writev to a file in append mode. What is before the text is
 * kept from line to line: the date changes once a second, name and process id hardly ever.
 */
#include "lib/base/log.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define SYSLOG_SOCKET    "/dev/log"
#define SYSLOG_TIMEOUT_S 5  /* for a syslog daemon that hangs: then lines are lost, mail is not */
#define DATE_LEN         15 /* "Nov 23 12:34:22" */
#define CUT_MARK         "..."

enum sink { SINK_STDERR, SINK_SYSLOG, SINK_FILE };

static struct {
    enum sink sink;
    int fd; /* of SINK_SYSLOG (-1: not connected) and SINK_FILE */
    int facility;
    bool to_stderr;
    char name[128];
    bool named;                   /* by log_name: standard error gets it whole */
    char host[HOST_NAME_MAX + 1]; /* its first label; in files only */
    time_t second;                /* which `date` is of */
    char date[DATE_LEN + 1];
    char tag[sizeof("  []: ") + 128 + HOST_NAME_MAX + 12]; /* " host name[pid]: " */
    size_t tag_len;
} logger = {.sink = SINK_STDERR, .fd = -1, .name = "buzon"};

int log_verbose;

static const struct {
    const char *name;
    int number;
} facilities[] = {
    {"auth",     LOG_AUTH    },
    {"authpriv", LOG_AUTHPRIV},
    {"cron",     LOG_CRON    },
    {"daemon",   LOG_DAEMON  },
    {"ftp",      LOG_FTP     },
    {"kern",     LOG_KERN    },
    {"lpr",      LOG_LPR     },
    {"mail",     LOG_MAIL    },
    {"news",     LOG_NEWS    },
    {"syslog",   LOG_SYSLOG  },
    {"user",     LOG_USER    },
    {"uucp",     LOG_UUCP    },
    {"local0",   LOG_LOCAL0  },
    {"local1",   LOG_LOCAL1  },
    {"local2",   LOG_LOCAL2  },
    {"local3",   LOG_LOCAL3  },
    {"local4",   LOG_LOCAL4  },
    {"local5",   LOG_LOCAL5  },
    {"local6",   LOG_LOCAL6  },
    {"local7",   LOG_LOCAL7  },
};

static bool find_facility(const char *name, int *number_r)
{
    for (size_t i = 0; i < ARRAY_LENGTH(facilities); i++) {
        if (strcasecmp(facilities[i].name, name) == 0) {
            *number_r = facilities[i].number;
            return true;
        }
    }
    return false;
}

static void refresh_tag(void)
{
    bool in_file = logger.sink == SINK_FILE;

    logger.tag_len = (size_t)snprintf(logger.tag, sizeof(logger.tag),
                                      " %s%s%s[%d]: ", in_file ? logger.host : "",
                                      in_file ? " " : "", logger.name, (int)getpid());
}

/* Month names are RFC 3164's, in any locale. syslog pads the day with a blank, Postfix's own files
 * with a zero. */
static void refresh_date(void)
{
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = clock_wall().tv_sec;
    char text[64];
    struct tm tm;

    if (now == logger.second || localtime_r(&now, &tm) == NULL)
        return;
    (void)snprintf(text, sizeof(text),
                   logger.sink == SINK_FILE ? "%s %02d %02d:%02d:%02d" : "%s %2d %02d:%02d:%02d",
                   months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    memcpy(logger.date, text, DATE_LEN);
    logger.second = now;
}

/* The length of the UTF-8 character at the start of `text`, 0 when it is none or not printable. */
static size_t measure_character(const unsigned char *text, size_t len)
{
    size_t size = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
    uint32_t code = text[0] & (0xffU >> (size + 1));

    if (size == 1)
        return text[0] >= ' ' && text[0] < 0x7f ? 1 : 0;
    if (text[0] < 0xc2 || text[0] > 0xf4 || len < size)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    if (code < 0xa0 || (size == 3 && code < 0x800) || (code >= 0xd800 && code < 0xe000) ||
        (size == 4 && (code < 0x10000 || code > 0x10ffff)))
        return 0; /* C1 controls, overlong forms, surrogates, past Unicode */
    return size;
}

static void make_printable(char *text, size_t len)
{
    size_t size;

    for (size_t i = 0; i < len; i += size) {
        size = measure_character((const unsigned char *)text + i, len - i);
        if (size == 0) {
            text[i] = '?';
            size = 1;
        }
    }
}

/* Severity word and text, bounded and printable. */
PRINTF(3, 0)
static size_t compose(char text[LOG_TEXT_MAX + 1], const char *severity, const char *format,
                      va_list arguments)
{
    size_t start = strlen(severity);
    int wanted;
    size_t len;

    memcpy(text, severity, start);
    wanted = vsnprintf(text + start, LOG_TEXT_MAX + 1 - start, format, arguments);
    len = start + (wanted < 0 ? 0 : (size_t)wanted);
    if (len > LOG_TEXT_MAX) {
        len = LOG_TEXT_MAX - strlen(CUT_MARK);
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--; /* not in the middle of a character */
        memcpy(text + len, CUT_MARK, strlen(CUT_MARK));
        len += strlen(CUT_MARK);
    }
    make_printable(text, len);
    return len;
}

static int connect_syslog(void)
{
    static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SYSLOG_SOCKET};
    static const struct timeval patience = {.tv_sec = SYSLOG_TIMEOUT_S};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
        fd_close(&fd);
    else
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    return fd;
}

/* A syslog daemon that was restarted has a new socket: connect again, once for each line. */
static bool send_datagram(const struct msghdr *message)
{
    if (logger.fd >= 0) {
        if (sendmsg(logger.fd, message, MSG_NOSIGNAL) >= 0)
            return true;
        if (errno == EAGAIN || errno == EINTR)
            return false;
        fd_close(&logger.fd);
    }
    logger.fd = connect_syslog();
    return logger.fd >= 0 && sendmsg(logger.fd, message, MSG_NOSIGNAL) >= 0;
}

/* Whoever sees this started the program himself: without syslog_name its name is enough. */
static void write_stderr(char *text, size_t len)
{
    char *slash = logger.named ? NULL : strrchr(logger.name, '/');
    char *name = slash == NULL ? logger.name : slash + 1;
    struct iovec parts[] = {
        {name,           strlen(name)},
        {(char[]){": "}, 2           },
        {text,           len         },
        {(char[]){"\n"}, 1           },
    };

    (void)!writev(STDERR_FILENO, parts, (int)ARRAY_LENGTH(parts));
}

static void emit(int priority, char *text, size_t len)
{
    char code[16];
    struct iovec parts[] = {
        {code,           0       },
        {logger.date,    DATE_LEN},
        {NULL,           0       },
        {text,           len     },
        {(char[]){"\n"}, 1       },
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 4};

    if (logger.sink == SINK_STDERR || logger.to_stderr)
        write_stderr(text, len);
    if (logger.sink == SINK_STDERR)
        return;
    refresh_date();
    parts[0].iov_len = (size_t)snprintf(code, sizeof(code), "<%d>", logger.facility | priority);
    parts[2].iov_base = logger.tag;
    parts[2].iov_len = logger.tag_len;
    if (logger.sink == SINK_FILE)
        (void)!writev(logger.fd, parts + 1, (int)ARRAY_LENGTH(parts) - 1);
    else if (!send_datagram(&message) && !logger.to_stderr)
        write_stderr(text, len); /* better there than nowhere */
}

PRINTF(3, 0)
static void log_line(int priority, const char *severity, const char *format, va_list arguments)
{
    char text[LOG_TEXT_MAX + 1];
    int saved = errno;

    emit(priority, text, compose(text, severity, format, arguments));
    errno = saved;
}

static int open_file(const char *path, struct error *err)
{
    int fd = strcmp(path, "/dev/stdout") == 0
                 ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);

    if (fd < 0)
        error_errno(err, "open log file %s", path);
    return fd;
}

static void find_host(void)
{
    if (gethostname(logger.host, sizeof(logger.host) - 1) != 0)
        memcpy(logger.host, "localhost", sizeof("localhost"));
    logger.host[strcspn(logger.host, ".")] = '\0';
}

bool log_open(const struct log_target *target, struct error *err)
{
    static bool registered;
    bool to_file = target->file != NULL && target->file[0] != '\0';
    int facility;
    int fd;

    if (!find_facility(target->syslog_facility, &facility)) {
        error_set(err, ERROR_PERMANENT, "no syslog facility \"%s\"", target->syslog_facility);
        return false;
    }
    fd = to_file ? open_file(target->file, err) : connect_syslog();
    if (to_file && fd < 0)
        return false;
    fd_close(&logger.fd);
    logger.fd = fd;
    logger.sink = to_file ? SINK_FILE : SINK_SYSLOG;
    logger.facility = facility;
    logger.to_stderr = target->to_stderr;
    logger.second = 0;
    tzset(); /* reads the time zone now: a chroot has none */
    find_host();
    log_name(target->syslog_name);
    logger.named = false;
    if (!registered)
        (void)pthread_atfork(NULL, NULL, refresh_tag);
    registered = true;
    return true;
}

void log_name(const char *name)
{
    (void)snprintf(logger.name, sizeof(logger.name), "%s", name);
    logger.named = true;
    refresh_tag();
}

void log_info(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(LOG_INFO, "", format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(LOG_WARNING, "warning: ", format, arguments);
    va_end(arguments);
}

void log_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(LOG_ERR, "error: ", format, arguments);
    va_end(arguments);
}

void log_debug(const char *format, ...)
{
    va_list arguments;

    if (log_verbose <= 0)
        return;
    va_start(arguments, format);
    log_line(LOG_INFO, "", format, arguments);
    va_end(arguments);
}

void log_fatal(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(LOG_CRIT, "fatal: ", format, arguments);
    va_end(arguments);
    if (logger.sink != SINK_STDERR && !logger.to_stderr)
        (void)sleep(1);
    exit(1);
}

void log_panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(LOG_CRIT, "panic: ", format, arguments);
    va_end(arguments);
    abort();
}
