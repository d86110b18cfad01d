package wiring;

import com.qiniu.common.QiniuException;
import com.qiniu.http.Response;
import com.qiniu.storage.Configuration;
import com.qiniu.storage.Region;
import com.qiniu.storage.UploadManager;
import com.qiniu.util.Json;
import com.qiniu.util.StringMap;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;

/** Uploads of a Java program to Upgate: docs/wiring/java.md quotes this file. */
public record Gateway(String host, boolean isHttps) {

    /** Names every service of the SDK: one that is left out stays at the public cloud. */
    public Configuration configuration() {
        Configuration.defaultUcHost = url(); // `buckets` and discovery have no other way to be told
        Configuration.defaultRsHost = host;
        Configuration.defaultApiHost = host;
        Region region = new Region.Builder().region("upgate")
                .srcUpHost(host).accUpHost(host).ucHost(host)
                .rsHost(host).rsfHost(host).apiHost(host).iovipHost(host).ioSrcHost(host)
                .build();
        Configuration configuration = new Configuration(region);
        configuration.useHttpsDomains = isHttps;
        configuration.resumableUploadAPIVersion = Configuration.ResumableUploadAPIVersion.V2;
        configuration.putThreshold = 4 * 1024 * 1024; // forms up to here: not more
        configuration.resumableUploadAPIV2BlockSize = 4 * 1024 * 1024;
        return configuration;
    }

    /** Asks the gateway for an upload token in the name of the user of the JWT. */
    public String token(String jwt) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url() + "/token"))
                .header("Authorization", "Bearer " + jwt)
                .POST(HttpRequest.BodyPublishers.noBody()).build();
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("no token: " + answer.statusCode() + " " + answer.body());
        }
        return Json.decode(answer.body()).get("token").toString();
    }

    /** Sends a file, as a form or in parts; gives what the policy or the business server answers. */
    public StringMap upload(String token, String key, Path path) throws QiniuException {
        StringMap variables = new StringMap().put("x:album", "7");
        try {
            Response answer = new UploadManager(configuration())
                    .put(path.toString(), key, token, variables, null, false);
            return answer.jsonToMap();
        } catch (QiniuException refused) {
            // refused.code() is the number: 579 says that it is stored, and is not to be sent again;
            // refused.response.reqId is for your reports.
            throw refused;
        }
    }

    private String url() {
        return (isHttps ? "https://" : "http://") + host;
    }
}
