package wiring;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import com.qiniu.common.QiniuException;
import com.qiniu.storage.BucketManager;
import com.qiniu.storage.Configuration;
import com.qiniu.storage.DownloadUrl;
import com.qiniu.storage.UploadManager;
import com.qiniu.util.Auth;
import com.qiniu.util.StringMap;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.junit.function.ThrowingRunnable;

/** A gateway that runs, from the environment that pytest sets, and what is around it. */
final class Fixture {
    static final int MEGABYTE = 1024 * 1024;
    static final String ORIGIN = System.getenv("UPGATE_URL");
    static final String BUCKET = System.getenv("UPGATE_BUCKET");
    static final Auth AUTH =
            Auth.create(System.getenv("UPGATE_ACCESS_KEY"), System.getenv("UPGATE_SECRET_KEY"));
    static final Gateway GATEWAY = new Gateway(ORIGIN.replace("http://", ""), false);
    static final String RETURN_BODY =
            "{\"key\":$(key),\"hash\":$(etag),\"name\":$(fname),\"x\":$(x:album),\"size\":$(fsize)}";

    private Fixture() {}

    static Configuration blocks(Configuration configuration) {
        configuration.resumableUploadAPIVersion = Configuration.ResumableUploadAPIVersion.V1;
        return configuration;
    }

    static UploadManager uploads() {
        return new UploadManager(GATEWAY.configuration());
    }

    static BucketManager buckets() {
        return new BucketManager(AUTH, GATEWAY.configuration());
    }

    static String token(String... policy) {
        StringMap fields = new StringMap();
        for (int index = 0; index < policy.length; index += 2) {
            fields.put(policy[index], policy[index + 1]);
        }
        return AUTH.uploadToken(BUCKET, null, 3600, fields, true);
    }

    static String newKey() {
        return "java/" + UUID.randomUUID() + "/照片 1";
    }

    static byte[] content(int size) {
        byte[] made = new byte[size];
        new Random().nextBytes(made);
        return made;
    }

    static Path file(byte[] made) throws IOException {
        Path path = Files.createTempDirectory("upgate").resolve("照片 1.bin");
        Files.write(path, made);
        path.toFile().deleteOnExit();
        return path;
    }

    static HttpResponse<byte[]> download(String key) throws Exception {
        String url = new DownloadUrl(GATEWAY.host(), false, key)
                .buildURL(AUTH, System.currentTimeMillis() / 1000 + 3600);
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
        HttpResponse<byte[]> answer =
                HttpClient.newBuilder().followRedirects(HttpClient.Redirect.ALWAYS).build()
                        .send(request, BodyHandlers.ofByteArray());
        assertEquals(url, 200, answer.statusCode());
        return answer;
    }

    static void assertStored(String key, byte[] made) throws Exception {
        assertArrayEquals(made, download(key).body());
    }

    static QiniuException assertRefused(int status, ThrowingRunnable call) {
        QiniuException refused = assertThrows(QiniuException.class, call);
        assertEquals(refused.toString(), status, refused.code());
        return refused;
    }

    /** One call of the business server: the SDK's own verifier accepted it. */
    record Call(String body, String authorization) {}

    /** Counts the callbacks that the SDK verifies, and answers them all alike. */
    static final class BusinessServer implements AutoCloseable {
        final List<Call> calls = new CopyOnWriteArrayList<>();
        final List<String> unsigned = new CopyOnWriteArrayList<>();
        private final HttpServer server;
        private final int status;
        private final String answer;

        BusinessServer(int status, String answer) throws IOException {
            this.status = status;
            this.answer = answer;
            server = listen(this::take);
        }

        String url() {
            return "http://127.0.0.1:" + server.getAddress().getPort() + "/qiniu/callback?from=java";
        }

        private void take(HttpExchange exchange) throws IOException {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            String type = exchange.getRequestHeaders().getFirst("Content-Type");
            if (AUTH.isValidCallback(authorization, url(), body, type)) {
                calls.add(new Call(new String(body, StandardCharsets.UTF_8), authorization));
            } else {
                unsigned.add(authorization);
            }
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            send(exchange, status, answer.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void close() {
            server.stop(0);
            assertEquals("callbacks that the SDK does not verify", List.of(), unsigned);
        }
    }

    /** A network in front of the gateway: the first request that it is to lose arrives, its answer does not. */
    static final class Line implements AutoCloseable {
        final List<String> requests = new CopyOnWriteArrayList<>();
        private final Predicate<String> loses;
        private boolean hasLost;
        private volatile String last = "";
        private final HttpServer server = listen(this::pass);
        private final HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

        Line(Predicate<String> loses) throws IOException {
            this.loses = loses;
        }

        Gateway gateway() {
            return new Gateway("127.0.0.1:" + server.getAddress().getPort(), false);
        }

        /**
         * The token expires once one such request got through. The SDK's recorder keeps nothing of an
         * upload that a broken line ends: it looks for another region, and forgets first.
         */
        void expiresAfter(String part) {
            last = part;
        }

        /** All gets through again; counting begins anew. */
        void isRenewed() {
            last = "";
            requests.clear();
        }

        long count(String part) {
            return requests.stream().filter(request -> request.contains(part)).count();
        }

        private void pass(HttpExchange exchange) throws IOException {
            String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (!last.isEmpty() && count(last) > 0) {
                exchange.getResponseHeaders().set("X-Reqid", "of the line");
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                send(exchange, 401, "{\"error\":\"expired token\"}".getBytes(StandardCharsets.UTF_8));
                return;
            }
            requests.add(request);
            HttpRequest.Builder copy = HttpRequest.newBuilder(URI.create(ORIGIN + exchange.getRequestURI()))
                    .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
            for (String name : List.of("Content-Type", "Authorization")) {
                exchange.getRequestHeaders().getOrDefault(name, List.of())
                        .forEach(value -> copy.header(name, value));
            }
            try {
                HttpResponse<byte[]> answer = client.send(copy.build(), BodyHandlers.ofByteArray());
                if (!hasLost && loses.test(request)) {
                    hasLost = true;
                    send(exchange, 504, new byte[0]);
                    return;
                }
                answer.headers().map().forEach((name, values) -> {
                    if (!name.startsWith(":") && !name.equalsIgnoreCase("content-length")) {
                        exchange.getResponseHeaders().put(name, values);
                    }
                });
                send(exchange, answer.statusCode(), answer.body());
            } catch (InterruptedException stopped) {
                throw new IOException(stopped);
            }
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    private static HttpServer listen(com.sun.net.httpserver.HttpHandler handler) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
            server.setExecutor(Executors.newCachedThreadPool(task -> {
                Thread thread = new Thread(task);
                thread.setDaemon(true);
                return thread;
            }));
            server.createContext("/", handler);
            server.start();
            return server;
        } catch (IOException fault) {
            throw new IllegalStateException(fault);
        }
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
