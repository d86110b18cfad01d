package wiring;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static wiring.Fixture.AUTH;
import static wiring.Fixture.BUCKET;
import static wiring.Fixture.GATEWAY;
import static wiring.Fixture.MEGABYTE;
import static wiring.Fixture.RETURN_BODY;
import static wiring.Fixture.assertRefused;
import static wiring.Fixture.assertStored;
import static wiring.Fixture.blocks;
import static wiring.Fixture.buckets;
import static wiring.Fixture.content;
import static wiring.Fixture.file;
import static wiring.Fixture.newKey;
import static wiring.Fixture.token;
import static wiring.Fixture.uploads;

import com.qiniu.http.Response;
import com.qiniu.storage.BucketManager;
import com.qiniu.storage.Configuration;
import com.qiniu.storage.Region;
import com.qiniu.storage.UploadManager;
import com.qiniu.storage.persistent.FileRecorder;
import com.qiniu.util.Auth;
import com.qiniu.util.Etag;
import com.qiniu.util.StringMap;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.Test;

public class UploadTest {
    private static final StringMap ALBUM = new StringMap().put("x:album", "七");

    @Test
    public void wiringPageUploadsAFormAndParts() throws Exception {
        String token = GATEWAY.token("any: /token is open here");
        for (int size : new int[] {MEGABYTE, 9 * MEGABYTE}) {
            byte[] made = content(size);
            String key = newKey();
            StringMap answer = GATEWAY.upload(token, key, file(made));
            assertEquals(key, answer.get("key"));
            assertEquals(Etag.data(made), answer.get("hash"));
            assertEquals("7", answer.get("x:album"));
            assertStored(key, made);
        }
    }

    @Test
    public void formStoresBytes() throws Exception {
        byte[] made = content(100_000);
        String key = newKey();
        Response answer = uploads().put(made, key, token("returnBody", RETURN_BODY), ALBUM, null, true);
        assertEquals(key, answer.jsonToMap().get("key"));
        assertEquals(Etag.data(made), answer.jsonToMap().get("hash"));
        assertEquals("七", answer.jsonToMap().get("x"));
        assertEquals(100_000.0, answer.jsonToMap().get("size"));
        assertStored(key, made);
    }

    @Test
    public void formKeepsTheFileName() throws Exception {
        Response answer = uploads().put(file(content(10)).toFile(), newKey(), token("returnBody", RETURN_BODY));
        assertEquals("照片 1.bin", answer.jsonToMap().get("name"));
    }

    @Test
    public void formWithoutAKeyIsNamedByItsHash() throws Exception {
        byte[] made = content(1000);
        Response answer = uploads().put(made, null, token());
        assertEquals(Etag.data(made), answer.jsonToMap().get("key"));
    }

    @Test
    public void formCarriesMetadata() throws Exception {
        String key = newKey();
        StringMap meta = new StringMap().put("x-qn-meta-from", "java");
        uploads().put(content(10), key, token(), meta, null, false);
        assertEquals("java", buckets().stat(BUCKET, key).meta.get("from"));
    }

    @Test
    public void oddKeysAreKept() throws Exception {
        for (String odd : List.of("你好 ?&=#.txt", "a\\b\\c\"hello", "50%22+%2F.jpg", "'a;b=c'", "a//b/")) {
            byte[] made = content(64);
            String key = newKey() + odd;
            assertEquals(key, uploads().put(made, key, token()).jsonToMap().get("key"));
            assertEquals(Etag.data(made), buckets().stat(BUCKET, key).hash);
            key += ".parts";
            Configuration parts = GATEWAY.configuration();
            Path path = file(made);
            parts.putThreshold = 1;
            Response answer = new UploadManager(parts).put(path.toString(), key, token());
            assertEquals(key, answer.jsonToMap().get("key"));
            assertEquals(Etag.data(made), buckets().stat(BUCKET, key).hash);
        }
    }

    @Test
    public void blocksStoreBytes() throws Exception {
        storesInSeveral(blocks(GATEWAY.configuration()));
    }

    @Test
    public void partsStoreBytes() throws Exception {
        storesInSeveral(GATEWAY.configuration());
    }

    private void storesInSeveral(Configuration configuration) throws Exception {
        byte[] made = content(9 * MEGABYTE + 1);
        String key = newKey();
        Response answer = new UploadManager(configuration).put(
                file(made).toString(), key, token("returnBody", RETURN_BODY),
                new StringMap().put("x:album", "7").put("x-qn-meta-from", "java"), null, false);
        assertEquals(Etag.data(made), answer.jsonToMap().get("hash"));
        assertEquals("7", answer.jsonToMap().get("x"));
        assertEquals("照片 1.bin", answer.jsonToMap().get("name"));
        assertStored(key, made);
        assertEquals("java", buckets().stat(BUCKET, key).meta.get("from"));
    }

    @Test
    public void partsOfAStreamAreStored() throws Exception {
        byte[] made = content(5 * MEGABYTE);
        String key = newKey();
        uploads().put(new ByteArrayInputStream(made), key, token(), null, null);
        assertStored(key, made);
    }

    @Test
    public void concurrentPartsAreStored() throws Exception {
        Configuration configuration = GATEWAY.configuration();
        configuration.resumableUploadMaxConcurrentTaskCount = 3;
        byte[] made = content(9 * MEGABYTE);
        String key = newKey();
        new UploadManager(configuration).put(file(made).toString(), key, token());
        assertStored(key, made);
    }

    @Test
    public void partsAreResumed() throws Exception {
        byte[] made = content(12 * MEGABYTE);
        Path path = file(made);
        String key = newKey();
        FileRecorder recorder = new FileRecorder(Files.createTempDirectory("recorder").toFile());
        try (Fixture.Line line = new Fixture.Line(request -> false)) {
            UploadManager manager = new UploadManager(line.gateway().configuration(), recorder);
            line.expiresAfter("PUT ");
            assertRefused(401, () -> manager.put(path.toString(), key, token()));
            line.isRenewed();
            manager.put(path.toString(), key, token());
            assertEquals(line.requests.toString(), 2, line.count("PUT "));
        }
        assertStored(key, made);
    }

    @Test
    public void twentyUploadsAtOnceAreStored() throws Exception {
        byte[] made = content(50_000);
        List<Callable<Response>> calls = new ArrayList<>();
        for (int index = 0; index < 20; index++) {
            String key = newKey();
            calls.add(() -> uploads().put(made, key, token()));
        }
        var pool = Executors.newFixedThreadPool(20);
        for (Future<Response> done : pool.invokeAll(calls)) {
            assertEquals(Etag.data(made), done.get().jsonToMap().get("hash"));
        }
        pool.shutdown();
    }

    @Test
    public void regionIsDiscovered() throws Exception {
        // Without a scheme the SDK asks by https.
        Configuration discovered = new Configuration(new Region.Builder().autoRegion(Fixture.ORIGIN));
        discovered.useHttpsDomains = false;
        byte[] made = content(5 * MEGABYTE);
        String key = newKey();
        new UploadManager(discovered).put(file(made).toString(), key, token());
        assertStored(key, made);
        assertEquals(made.length, new BucketManager(AUTH, discovered).stat(BUCKET, key).fsize);
    }

    // What is refused, and how.

    @Test
    public void existingKeyIs614() throws Exception {
        String key = newKey();
        byte[] first = content(10);
        uploads().put(first, key, token());
        uploads().put(first, key, token()); // the same content is no other
        assertRefused(614, () -> uploads().put(content(10), key, token()));
        byte[] other = content(10);
        uploads().put(other, key, AUTH.uploadToken(BUCKET, key));
        assertStored(key, other);
    }

    @Test
    public void expiredTokenIs401() {
        String expired = AUTH.uploadTokenWithDeadline(BUCKET, null, 1451491200, null, true);
        assertRefused(401, () -> uploads().put(content(10), newKey(), expired));
        String forged = Auth.create(AUTH.accessKey, "another").uploadToken(BUCKET);
        assertRefused(401, () -> uploads().put(content(10), newKey(), forged));
    }

    @Test
    public void otherKeyThanTheScopesIs403() {
        assertRefused(403, () -> uploads().put(content(10), "that", AUTH.uploadToken(BUCKET, "this")));
    }

    @Test
    public void unknownBucketIs631() {
        assertRefused(631, () -> uploads().put(content(10), newKey(), AUTH.uploadToken("no-such-bucket")));
    }

    @Test
    public void tooLargeForThePolicyIs413() {
        String token = AUTH.uploadToken(BUCKET, null, 3600, new StringMap().put("fsizeLimit", 10));
        assertRefused(413, () -> uploads().put(content(11), newKey(), token));
    }

    @Test
    public void formAboveOneRequestIsRefused() {
        Configuration raised = GATEWAY.configuration();
        raised.putThreshold = 10 * MEGABYTE;
        assertRefused(413, () -> new UploadManager(raised).put(content(5 * MEGABYTE), newKey(), token()));
    }

    @Test
    public void policyThatIsNoneIs401() throws Exception {
        String token = AUTH.signWithData("{\"scope\":5,\"deadline\":4102444800}");
        assertFalse(assertRefused(401, () -> uploads().put(content(10), newKey(), token)).error().isEmpty());
    }
}
