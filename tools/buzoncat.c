/*
 * Queue files in readable form (postcat(1)): envelope, header and body, framed as Postfix frames them.
 * Numbers of -o are offsets in the file, and those of -d are the types that such records have in a
 * queue file of Postfix.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/config.h"
#include "lib/queue/queue_file.h"
#include "tools/caller.h"
#include "tools/dropped_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_SIZE (64 * 1024)

enum { SHOW_BODY = 1, SHOW_ENVELOPE = 2, SHOW_HEADER = 4, SHOW_ALL = 7 };

/* As Postfix has them; see -d. */
enum record_type {
    RECORD_SIZE = 'C',
    RECORD_TIME = 'T',
    RECORD_ATTRIBUTE = 'A',
    RECORD_SENDER = 'S',
    RECORD_RECIPIENT = 'R',
    RECORD_DONE = 'D',
    RECORD_ORIGINAL = 'O',
    RECORD_VERP = 'V',
    RECORD_FULL_NAME = 'F',
    RECORD_CONTENTS = 'M',
    RECORD_LINE = 'N',
    RECORD_EXTRACTED = 'X',
    RECORD_END = 'E',
};

struct call {
    const char *program;
    const struct config *config;
    unsigned parts;
    bool offsets, types;
    bool by_queue_id;
    bool file_order;  /* -r */
    bool names_files; /* -f */
    uint64_t start;   /* -s: records before it are not shown */
    const char *name; /* of the file, as it is shown */
};

static NORETURN void usage(const struct call *call)
{
    log_fatal("usage: %s [-b (body text)] [-c config_dir] [-d (decimal record type)] "
              "[-e (envelope records)] [-h (header text)] [-q (access queue)] [-v] [file(s)...]",
              call->program);
}

/* --- records -------------------------------------------------------------------------------------------------- */

static void start_line(const struct call *call)
{
    if (call->names_files)
        printf("%s: ", call->name);
}

static void start_record(const struct call *call, uint64_t offset, enum record_type type)
{
    start_line(call);
    if (call->offsets)
        printf("%9" PRIu64 " ", offset);
    if (call->types)
        printf("%3d ", (int)type);
}

static void put_frame(const struct call *call, const char *what)
{
    printf("*** %s %s ***\n", what, call->name);
}

static void PRINTF(4, 5) put_record(const struct call *call, uint64_t offset, enum record_type type,
                                    const char *format, ...)
{
    va_list arguments;

    if (offset < call->start)
        return;
    start_record(call, offset, type);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

/* Delimiters of VERP and the name of who called sendmail have records of their own, in Postfix's files. */
static void put_attribute(const struct call *call, uint64_t offset, const char *name,
                          const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    if (strcmp(name, QUEUE_ATTRIBUTE_VERP) == 0)
        put_record(call, offset, RECORD_VERP, "%s: %s", name, value);
    else if (strcmp(name, DROPPED_FULL_NAME) == 0)
        put_record(call, offset, RECORD_FULL_NAME, "%s: %s", name, value);
    else
        put_record(call, offset, RECORD_ATTRIBUTE, "named_attribute: %s=%s", name, value);
}

static void put_number(const struct call *call, uint64_t offset, const char *name, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    if (number != 0)
        put_attribute(call, offset, name, text);
}

/* --- the envelope ---------------------------------------------------------------------------------------------- */

static void put_recipient(const struct call *call, const struct queue_recipient *recipient)
{
    uint64_t offset = recipient->status_offset;
    bool done = !recipient_waits(recipient->status);

    put_number(call, offset, "notify_flags", recipient->dsn_notify);
    put_attribute(call, offset, "dsn_orig_rcpt", recipient->dsn_orcpt);
    if (recipient->original != NULL && recipient->original[0] != '\0')
        put_record(call, offset, RECORD_ORIGINAL, "original_recipient: %s", recipient->original);
    put_record(call, offset, done ? RECORD_DONE : RECORD_RECIPIENT, "%s: %s",
               done ? "done_recipient" : "recipient", recipient->address);
}

/* The fixed-size head of the file. */
static void put_head(const struct call *call, const struct queue_envelope *envelope)
{
    char date[sizeof("Mon Nov 23 13:05:06 2026") + 8] = "";
    struct tm local;

    put_record(call, 0, RECORD_SIZE,
               "message_size: %15" PRIu64 " %15" PRIu64 " %15zu %15u %15" PRIu64 " %15d",
               envelope->content_size, envelope->content_offset, envelope->recipient_count,
               envelope->flags, envelope->content_size,
               (envelope->flags & QUEUE_SMTPUTF8) != 0 ? 1 : 0);
    if (localtime_r(&envelope->arrival.tv_sec, &local) != NULL)
        (void)strftime(date, sizeof(date), "%a %b %e %H:%M:%S %Y", &local);
    put_record(call, 0, RECORD_TIME, "message_arrival_time: %s", date);
}

/* What stands behind the content. */
static void put_envelope(const struct call *call, const struct queue_envelope *envelope)
{
    uint64_t offset = envelope->content_offset + envelope->content_size;

    put_attribute(call, offset, "envelope_id", envelope->dsn_envid);
    put_number(call, offset, "ret_flags",
               envelope->dsn_ret == 'F' ? 1 : (envelope->dsn_ret == 'H' ? 2 : 0));
    put_record(call, offset, RECORD_SENDER, "sender: %s", envelope->sender);
    for (size_t i = 0; i < envelope->attribute_count; i++)
        put_attribute(call, offset, envelope->attributes[i].name, envelope->attributes[i].value);
    for (size_t i = 0; i < envelope->recipient_count; i++)
        put_recipient(call, &envelope->recipients[i]);
}

/* --- content ---------------------------------------------------------------------------------------------------- */

struct content {
    const struct call *call;
    bool in_body;
    bool at_line_start;
    bool is_shown; /* the line that goes on */
};

/* Octet by octet only where a header or offsets are to be told apart; else in blocks. */
static void put_octets(struct content *content, struct span block, uint64_t offset)
{
    const struct call *call = content->call;

    for (size_t i = 0; i < block.len; i++) {
        char octet = block.data[i];
        if (content->at_line_start && octet == '\n')
            content->in_body = true;
        if (content->at_line_start)
            content->is_shown = offset + i >= call->start &&
                                (call->parts & (content->in_body ? SHOW_BODY : SHOW_HEADER)) != 0;
        if (content->at_line_start && content->is_shown) {
            start_record(call, offset + i, RECORD_LINE);
            if (log_verbose > 0)
                printf("regular_text: ");
        }
        if (content->is_shown)
            putchar(octet);
        content->at_line_start = octet == '\n';
    }
}

static bool put_content(const struct call *call, int file, const struct queue_envelope *envelope,
                        struct error *err)
{
    struct content content = {.call = call, .at_line_start = true};
    char block[BLOCK_SIZE];
    bool wanted = (call->parts & (SHOW_BODY | SHOW_HEADER)) != 0;

    for (uint64_t done = 0; wanted && done < envelope->content_size;) {
        uint64_t left = envelope->content_size - done, offset = envelope->content_offset + done;
        size_t size = left < sizeof(block) ? (size_t)left : sizeof(block);
        if (!pread_all(file, block, size, (off_t)offset)) {
            error_errno(err, "read content");
            return false;
        }
        put_octets(&content, span_of(block, size), offset);
        done += size;
        wanted = !content.in_body || (call->parts & SHOW_BODY) != 0;
    }
    return true;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

/* Envelope first, as Postfix has it in its files, or in the order of ours. */
static bool show_parts(const struct call *call, int file, const struct queue_envelope *envelope,
                       struct error *err)
{
    uint64_t behind = envelope->content_offset + envelope->content_size;

    put_frame(call, "ENVELOPE RECORDS");
    put_head(call, envelope);
    if (!call->file_order)
        put_envelope(call, envelope);
    if (envelope->content_offset >= call->start) {
        start_record(call, envelope->content_offset, RECORD_CONTENTS);
        put_frame(call, "MESSAGE CONTENTS");
    }
    if (!put_content(call, file, envelope, err))
        return false;
    start_record(call, behind, RECORD_EXTRACTED);
    put_frame(call, "HEADER EXTRACTED");
    if (call->file_order)
        put_envelope(call, envelope);
    start_record(call, behind, RECORD_END);
    put_frame(call, "MESSAGE FILE END");
    return true;
}

static bool show_message(const struct call *call, int file, const struct queue_envelope *envelope,
                         struct error *err)
{
    return (call->parts & SHOW_ENVELOPE) != 0 ? show_parts(call, file, envelope, err)
                                              : put_content(call, file, envelope, err);
}

/* What lies in maildrop/: its content is in pieces, and put together first. */
static bool show_dropped(const struct call *call, int file, struct arena *arena, struct error *err)
{
    struct queue_envelope envelope;
    FILE *content = tmpfile();
    bool done = content != NULL;

    if (!done)
        error_errno(err, "make a temporary file");
    done = done && dropped_file_read(file, arena, &envelope, content, err) &&
           show_message(call, fileno(content), &envelope, err);
    if (content != NULL)
        (void)fclose(content);
    return done;
}

/* An empty file is no message, and nothing is to be said of it. */
static bool show_file(const struct call *call, int file, struct error *err)
{
    struct arena *arena = arena_create();
    struct queue_envelope envelope;
    struct stat status;
    bool done = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;

    if (!done && dropped_file_is(file))
        done = lseek(file, 0, SEEK_SET) == 0 && show_dropped(call, file, arena, err);
    else if (!done && queue_file_read(file, arena, &envelope, err))
        done = show_message(call, file, &envelope, err);
    arena_free(&arena);
    return done;
}

/* The open file of a message in any queue, and its path; -1: in none. */
static int find_message(const struct call *call, struct arena *arena, const char *queue_id,
                        const char **path_r)
{
    static const char *const queues[] = {"hold",     "incoming", "active",
                                         "deferred", "maildrop", "corrupt"};
    int file = -1;

    if (!queue_id_is_name(queue_id))
        log_fatal("bad mail queue ID: %s", queue_id);
    errno = ENOENT;
    if (!queue_id_is_valid(queue_id))
        return -1;
    for (size_t i = 0; i < ARRAY_LENGTH(queues) && file == -1; i++) {
        *path_r = queue_path(arena, call->config, queues[i], queue_id);
        file = open(*path_r, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    }
    return file;
}

static void show_named(struct call *call, const char *name)
{
    struct arena *arena = arena_create();
    const char *path = name;
    struct error err = {0};
    int file = call->by_queue_id ? find_message(call, arena, name, &path)
                                 : open(name, O_RDONLY | O_CLOEXEC);

    if (file == -1)
        log_fatal("open %s%s: %s", call->by_queue_id ? "queue file " : "", name, strerror(errno));
    call->name = path;
    if (!show_file(call, file, &err))
        log_fatal("%s: %s", path, err.text);
    fd_close(&file);
    arena_free(&arena);
}

/* A queue file is read at any offset: what is no file is made one first. */
static void show_input(struct call *call)
{
    FILE *copy = tmpfile();
    char block[BLOCK_SIZE];
    struct error err = {0};
    size_t got;

    if (copy == NULL)
        log_fatal("make a temporary file: %s", strerror(errno));
    while ((got = fread(block, 1, sizeof(block), stdin)) > 0) {
        if (fwrite(block, 1, got, copy) != got)
            log_fatal("write a temporary file: %s", strerror(errno));
    }
    call->name = "stdin";
    if (fflush(copy) != 0 || !show_file(call, fileno(copy), &err))
        log_fatal("stdin: %s", err.text);
    (void)fclose(copy);
}

/* --- the command line ------------------------------------------------------------------------------------------- */

static void take_offset(struct call *call, const char *value)
{
    if (!span_to_u64(span_text(value), INT64_MAX, &call->start))
        log_fatal("bad offset: %s", value);
}

static void take_option(struct call *call, int option)
{
    switch (option) {
    case 'b':
        call->parts |= SHOW_BODY;
        break;
    case 'd':
        call->types = true;
        break;
    case 'e':
        call->parts |= SHOW_ENVELOPE;
        break;
    case 'f':
        call->names_files = true;
        break;
    case 'h':
        call->parts |= SHOW_HEADER;
        break;
    case 'o':
        call->offsets = true;
        break;
    case 'q':
        call->by_queue_id = true;
        break;
    case 'r':
        call->file_order = true;
        break;
    case 's':
        take_offset(call, optarg);
        break;
    case 'v':
        log_verbose++;
        break;
    default:
        usage(call);
    }
}

static const char *parse_options(struct call *call, int argc, char *argv[])
{
    const char *directory = NULL;
    int option;

    while ((option = getopt(argc, argv, "+bc:defhoqrs:v")) != -1) {
        if (option == 'c')
            directory = optarg;
        else
            take_option(call, option);
    }
    if (call->parts == 0)
        call->parts = SHOW_ALL;
    return directory;
}

int main(int argc, char *argv[])
{
    struct call call = {.program = caller_program(argc, argv)};
    struct error err = {0};
    const char *directory;

    directory = parse_options(&call, argc, argv);
    call.config = config_read_for("buzoncat", directory, &err);
    if (call.config == NULL)
        log_fatal("%s", err.text);
    if (call.by_queue_id && chdir(call.config->queue_directory) != 0)
        log_fatal("chdir %s: %s", call.config->queue_directory, strerror(errno));
    for (int i = optind; i < argc; i++)
        show_named(&call, argv[i]);
    if (optind == argc)
        show_input(&call);
    if (fflush(stdout) != 0)
        log_fatal("write standard output: %s", strerror(errno));
    return 0;
}
