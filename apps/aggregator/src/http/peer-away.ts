import { RefusedError } from '@gridpact/platform/http';
import { isTransient } from '@gridpact/platform/kafka';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, catchError } from 'rxjs';

/** A request that failed because a peer or the database is away is 503: nothing happened, and it may be sent again. */
@Injectable()
export class PeerAwayInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    return next.handle().pipe(
      catchError((error: unknown) => {
        if (!isTransient(error)) throw error;
        const detail = 'a service that this needs is away; send the same request again';
        throw new RefusedError({ code: 'peer_unavailable', detail }, 503);
      }),
    );
  }
}
