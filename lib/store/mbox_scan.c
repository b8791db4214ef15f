/*
 * The messages of an mbox. One begins with a line "From " at the start of the file or after an empty
 * line, and ends before the empty line that divides it from the next one.
 */
#include "lib/base/base.h"

#include "lib/store/mbox.h"

#include "lib/message/crlf.h"

#include <openssl/evp.h>
#include <time.h>

/* Fields that programs change while the message stays the same. */
static const char *const changing_fields[] = {
    "Status", "X-Status", "X-Keywords", "X-UID", "X-IMAP", "X-IMAPbase", "Content-Length", "Lines",
};

static bool is_changing(struct span name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(changing_fields); i++) {
        if (span_equal_text_nocase(name, changing_fields[i]))
            return true;
    }
    return false;
}

static uint32_t flags_of_letters(struct span letters)
{
    static const struct {
        char letter;
        uint32_t flag;
    } known[] = {
        {'R', FLAG_SEEN    },
        {'A', FLAG_ANSWERED},
        {'F', FLAG_FLAGGED },
        {'D', FLAG_DELETED },
        {'T', FLAG_DRAFT   }
    };
    uint32_t flags = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (span_find(letters, known[i].letter) < letters.len)
            flags |= known[i].flag;
    }
    return flags;
}

/* Digest and flags, from the header. false: no message, but the note that another program keeps
 * about its folder. */
static bool read_header(struct mbox_message *message, struct span from_line, struct span header)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    struct cursor at = cursor_of(header);
    struct span name, body, whole;
    bool is_message = true;

    EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    EVP_DigestUpdate(context, from_line.data, from_line.len);
    while (mime_next_field(&at, &name, &body, &whole)) {
        if (span_equal_text_nocase(name, "Status") || span_equal_text_nocase(name, "X-Status"))
            message->flags |= flags_of_letters(body);
        is_message &= !span_equal_text_nocase(name, "X-IMAP");
        if (!is_changing(name))
            EVP_DigestUpdate(context, whole.data, whole.len);
    }
    EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    memcpy(message->digest, digest, MBOX_DIGEST_LEN);
    return is_message;
}

/* "From sender Fri Jan  2 00:00:00 1970", in local time */
static uint64_t date_of(struct span from_line)
{
    char text[64];
    struct tm local = {.tm_isdst = -1};
    struct span rest = from_line;
    time_t when;

    span_take_word(&rest);
    span_take_word(&rest);
    rest = span_trim(rest);
    if (rest.len == 0 || rest.len >= sizeof(text))
        return INDEX_UNKNOWN;
    memcpy(text, rest.data, rest.len);
    text[rest.len] = '\0';
    if (strptime(text, "%a %b %d %H:%M:%S %Y", &local) == NULL)
        return INDEX_UNKNOWN;
    when = mktime(&local);
    return when < 0 ? INDEX_UNKNOWN : (uint64_t)when;
}

/* Where the next message starts; the end of the text when there is none. */
static size_t find_next(struct span text, size_t from)
{
    const char *at = memmem(text.data + from, text.len - from, "\n\nFrom ", 7);

    return at == NULL ? text.len : (size_t)(at - text.data) + 2;
}

static bool parse_one(struct span text, size_t start, size_t next, struct mbox_message *message)
{
    struct span all = span_skip(span_first(text, next), start);
    size_t line = span_find(all, '\n');
    struct span content = span_skip(all, line + 1);
    char previous = '\0';

    if (content.len > 1 && content.data[content.len - 1] == '\n' &&
        content.data[content.len - 2] == '\n')
        content.len--; /* the empty line that divides */
    *message = (struct mbox_message){
        .start = start,
        .offset = start + (line < all.len ? line + 1 : line),
        .size = content.len,
        .virtual_size = crlf_length(content, &previous),
        .date = date_of(span_first(all, line)),
    };
    return read_header(message, span_first(all, line),
                       span_first(content, (size_t)mime_header_size(content)));
}

/* A file that was empty when the power failed may begin with zeros, which are nobody's message. */
static size_t skip_zeros(struct span text)
{
    size_t at = 0;

    while (at < text.len && text.data[at] == '\0')
        at++;
    while (at > 0 && at < text.len && text.data[at] == '\n')
        at++;
    return at;
}

bool mbox_parse(struct span text, struct mbox_message **messages_r, size_t *count_r)
{
    struct mbox_message *messages = NULL;
    size_t count = 0, capacity = 0, first = skip_zeros(text);

    *messages_r = NULL;
    *count_r = 0;
    if (first < text.len && !span_starts_with(span_skip(text, first), "From "))
        return false;
    for (size_t at = first; at < text.len;) {
        size_t next = find_next(text, at);
        if (count == capacity) {
            capacity = capacity == 0 ? 64 : capacity * 2;
            messages = mem_resize(messages, capacity, sizeof(*messages));
        }
        if (parse_one(text, at, next, &messages[count]))
            count++;
        at = next;
    }
    *messages_r = messages;
    *count_r = count;
    return true;
}
